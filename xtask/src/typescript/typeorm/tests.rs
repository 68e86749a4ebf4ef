//! Entities, and the tables that they declare. The library itself is compared in `typeorm_oracle`.

use crate::config::Config;
use crate::facts::{Declaration, Facts, Field, Kind};
use crate::typescript::test_utils;

fn read_with(keys: &str, files: &[(&str, &str)]) -> Facts {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("db.toml");
    let text = format!("typeorm = ['**/*.ts']\n{keys}");
    std::fs::write(&file, text).expect("a file");
    let config = Config::load(folder.path(), Some(&file)).expect("a configuration");
    test_utils::read(files.iter().copied(), &config)
}

fn of(text: &str) -> Facts {
    let text =
        format!("import * as orm from 'typeorm'; import {{ {NAMES} }} from 'typeorm';\n{text}");
    read_with("", &[("a.ts", &text)])
}

const NAMES: &str = "Entity, ViewEntity, ChildEntity, TableInheritance, Column, PrimaryColumn, PrimaryGeneratedColumn, \
    CreateDateColumn, DeleteDateColumn, VersionColumn, ManyToOne, OneToOne, OneToMany, ManyToMany, JoinColumn, JoinTable, \
    ViewColumn, BaseEntity, Tree, TreeParent, Generated";

fn column(field: &Field) -> String {
    let sql = field.sql.as_ref().expect("a column");
    let null = match sql.apart.nullable {
        Some(true) => " null",
        Some(false) => "",
        None => " ?",
    };
    let default = if sql.database_default { " default" } else { "" };
    let name = field.column.as_deref().unwrap_or_default();
    format!("{}={name} {}{null}{default}", field.name, sql.ty)
}

fn table(declaration: &Declaration) -> Vec<String> {
    let link = declaration.table_link.as_ref().expect("a table");
    let columns = declaration.fields.iter().map(column);
    std::iter::once(link.table.clone()).chain(columns).collect()
}

fn tables(facts: &Facts) -> Vec<Vec<String>> {
    facts.tables.iter().map(table).collect()
}

#[test]
fn columns_are_what_their_decorators_say() {
    let facts = of("enum Role { Admin = 'admin', Guest = 'guest' }
        @Entity({ name: 'users', schema: 'app' })
        export class User extends BaseEntity {
          @PrimaryGeneratedColumn('uuid') id: string;
          @Column({ name: 'first_name', type: 'varchar', length: '255' }) givenName: string;
          @Column('decimal', { precision: 10, scale: 2, default: 0 }) price: string;
          @Column({ nullable: true }) bio?: string;
          @Column({ type: 'enum', enum: Role, default: Role.Guest }) role: Role;
          @Column('text', { array: true, default: () => \"'{}'\" }) tags: string[];
          @Column({ type: Boolean, default: null }) flag: boolean | null;
          @CreateDateColumn({ type: 'timestamptz' }) createdAt: Date;
          @DeleteDateColumn() deletedAt: Date | null;
          @VersionColumn() private version: number;
          @Column() @Generated('uuid') key: string;
          @Column('simple-array') names: string[];
          secret: string;
        }");
    let expected = [
        "app.users",
        "id=id uuid default",
        "givenName=first_name character varying(255)",
        "price=price numeric(10,2) default",
        "bio=bio character varying null",
        "role=role enum default",
        "tags=tags text[] default",
        "flag=flag boolean null",
        "createdAt=createdAt timestamp with time zone default",
        "deletedAt=deletedAt timestamp without time zone null",
        "version=version integer",
        "key=key uuid default",
        "names=names text",
    ];
    assert_eq!(tables(&facts), [expected.map(String::from).to_vec()]);
    assert!(facts.types.is_empty(), "an entity is no plain type");
    let names = facts.tables[0].field("names").expect("a field");
    assert_eq!(names.kind, Kind::Any, "TypeORM makes a list of the text");
}

#[test]
fn relations_have_their_foreign_keys() {
    let facts = of("@Entity() export class User {
          @PrimaryColumn('uuid') id: string;
          @Column({ length: 9 }) code: string;
          @OneToMany(() => Post, (post) => post.author) posts: Post[];
          @ManyToMany(() => User) @JoinTable() friends: User[];
        }
        @Entity('posts') export class Post {
          @PrimaryGeneratedColumn() id: number;
          @ManyToOne(() => User, { nullable: false }) author: User;
          @ManyToOne(() => User) @JoinColumn({ name: 'user_code', referencedColumnName: 'code' }) user: User;
          @Column() editorId: string;
          @OneToOne(() => User) @JoinColumn() editor: Promise<User>;
          @OneToOne(() => User, (user) => user.posts) other: User;
          @ManyToMany(() => User, (user) => user.posts, { eager: true })
          @JoinTable({ name: 'post_readers', joinColumn: { name: 'post_id' }, inverseJoinColumn: { name: 'user_id' } })
          readers: User[];
        }");
    let expected: [&[&str]; 4] = [
        &["user", "id=id uuid", "code=code character varying(9)"],
        &[
            "user_friends_user",
            "userId_1=userId_1 uuid",
            "userId_2=userId_2 uuid",
        ],
        &[
            "posts",
            "id=id integer default",
            "editorId=editorId uuid",
            "author=authorId uuid",
            "user=user_code character varying(9) ?",
        ],
        &[
            "post_readers",
            "post_id=post_id integer",
            "user_id=user_id uuid",
        ],
    ];
    assert_eq!(tables(&facts), expected);
}

#[test]
fn embedded_and_inherited_columns_are_the_entitys() {
    let facts = of(
        "abstract class Base { @PrimaryGeneratedColumn() id: number; @Column() note: string }
        class Name { @Column() first: string; @Column({ name: 'family' }) last: string }
        @Entity('people') export class Person extends Base {
          @Column(() => Name) name: Name;
          @Column(() => Name, { prefix: false }) plain: Name;
          @Column({ length: 5, default: '' }) note: string;
        }",
    );
    let expected = [
        "people",
        "id=id integer default",
        "note=note character varying default",
        "name.first=nameFirst character varying",
        "name.last=nameFamily character varying",
        "plain.first=first character varying",
        "plain.last=family character varying",
    ];
    assert_eq!(tables(&facts), [expected.map(String::from).to_vec()]);
}

#[test]
fn children_share_the_table_of_their_parent() {
    let parent =
        "import { Entity, Column, PrimaryGeneratedColumn, TableInheritance } from 'typeorm';
        @Entity('animals') @TableInheritance({ column: { type: 'varchar', name: 'kind' } })
        export abstract class Animal { @PrimaryGeneratedColumn() id: number }";
    let child = "import { ChildEntity, Column } from 'typeorm'; import { Animal } from './animal';
        @ChildEntity() export class Dog extends Animal { @Column() barks: boolean }";
    let facts = read_with("", &[("animal.ts", parent), ("dog.ts", child)]);
    let expected = [
        "animals",
        "id=id integer default",
        "kind=kind character varying",
        "barks=barks boolean null",
    ];
    assert_eq!(tables(&facts), [expected.map(String::from).to_vec()]);
}

#[test]
fn names_follow_the_strategy_and_views_are_tables() {
    let text = "import { Entity, PrimaryColumn, ManyToOne, ViewEntity, ViewColumn } from 'typeorm';
        @Entity() export class UserPhoto { @PrimaryColumn() photoId: string; @ManyToOne(() => UserPhoto) nextPhoto: UserPhoto }
        @ViewEntity({ expression: 'SELECT 1' }) export class Report { @ViewColumn({ name: 'total' }) sum: number }";
    let facts = read_with("typeorm-naming = 'snake'", &[("a.ts", text)]);
    let expected: [&[&str]; 2] = [
        &[
            "user_photo",
            "photoId=photo_id character varying",
            "nextPhoto=next_photo_photo_id character varying ?",
        ],
        &["report", "sum=total unknown ?"],
    ];
    assert_eq!(tables(&facts), expected);
}

#[test]
fn what_is_not_known_is_said() {
    let facts = of("import { Far } from 'far-away';
        @Entity('a') export class A extends Far { @PrimaryColumn() id: string }
        const options = (0 as any).x;
        @Entity('b') export class B { @PrimaryColumn() id: string; @Column(options) name: string; @ManyToOne('A') a: unknown }
        @Entity('c') export class C { @PrimaryColumn() id: string; @Column({ transformer: {} }) when: number }");
    let [a, b, c] = facts.tables.as_slice() else {
        panic!("{:?}", facts.tables);
    };
    assert!(a.unresolved.is_some());
    assert_eq!(table(b)[2..], ["name=name unknown ?", "a=aId unknown ?"]);
    assert_eq!(c.fields[1].kind, Kind::Any);
}

#[test]
fn keys_are_what_decorators_state() {
    let facts = of("import { Unique, Index } from 'typeorm';
        @Entity('users') @Unique(['code', 'boss']) export class User {
          @PrimaryColumn('uuid') id: string;
          @Column({ unique: true }) code: string;
          @ManyToOne(() => User, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'boss_id' }) boss: User;
        }
        @Entity('open') @Unique((one) => [one.code]) export class Open {
          @PrimaryColumn('uuid') id: string;
          @ManyToOne('User') boss: unknown;
        }
        @Entity({ name: 'some', synchronize: false }) export class Some { @PrimaryColumn() id: string }");
    let [users, open, some] = facts.tables.as_slice() else {
        panic!("{:?}", facts.tables);
    };
    let keys = users.keys.as_ref().expect("keys");
    let uniques = keys
        .uniques
        .iter()
        .flatten()
        .map(|key| key.columns.join(", "));
    assert_eq!(uniques.collect::<Vec<_>>(), ["code, boss_id", "code"]);
    let [key] = keys.foreign.as_deref().expect("foreign keys") else {
        panic!("{keys:?}");
    };
    assert_eq!(
        (key.columns[0].as_str(), key.table.as_str()),
        ("boss_id", "users")
    );
    assert!(key.on_delete.is_some() && key.on_update.is_none());
    let keys = open.keys.as_ref().expect("keys");
    assert_eq!((&keys.uniques, &keys.foreign), (&None, &None), "computed");
    assert!(some.keys.is_none(), "TypeORM does not keep the table");
}
