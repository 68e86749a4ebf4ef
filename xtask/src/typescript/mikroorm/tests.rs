//! Entities, and the tables that they declare. The library itself is compared in `entities_oracle`.

use crate::config::Config;
use crate::facts::{Facts, Kind};
use crate::typescript::test_utils;

fn read(keys: &str, text: &str) -> Facts {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("db.toml");
    std::fs::write(&file, format!("mikroorm = ['**/*.ts']\n{keys}")).expect("a file");
    let config = Config::load(folder.path(), Some(&file)).expect("a configuration");
    let text = format!("import {{ {NAMES} }} from '@mikro-orm/core';\n{text}");
    test_utils::read([("a.ts", text.as_str())], &config)
}

const NAMES: &str = "Entity, Embeddable, Embedded, Enum, ManyToOne, OneToOne, OneToMany, ManyToMany, \
    PrimaryKey, Property, Unique, Collection";

#[test]
fn columns_are_what_their_decorators_say() {
    let facts = read(
        "",
        "@Embeddable() class Place { @Property() street!: string; @Property({ nullable: true }) houseNumber?: number }
        @Entity({ schema: 'app' }) export class UserAccount {
          @PrimaryKey({ type: 'uuid' }) key!: string;
          @Property({ fieldName: 'mail', columnType: 'varchar(80)' }) email!: string;
          @Property() loginCount!: number;
          @Property() bio?: string;
          @Enum({ items: ['a', 'b'], default: 'a' }) kind!: string;
          @Embedded(() => Place) home!: Place;
          @ManyToOne(() => UserAccount, { nullable: true }) createdBy?: UserAccount;
          @OneToMany(() => UserAccount, (one) => one.createdBy) made = new Collection<UserAccount>(this);
          @ManyToMany(() => UserAccount) friends = new Collection<UserAccount>(this);
          @Property({ persist: false }) shown?: string;
        }",
    );
    let found: Vec<Vec<String>> = facts.tables.iter().map(test_utils::columns_of).collect();
    let expected: [&[&str]; 2] = [
        &[
            "app.user_account",
            "key=key uuid",
            "email=mail character varying(80)",
            "loginCount=login_count integer",
            "bio=bio character varying(255) ?",
            "kind=kind text",
            "home.street=home_street character varying(255)",
            "home.houseNumber=home_house_number integer null",
            "createdBy=created_by_key uuid null",
        ],
        &[
            "app.user_account_friends",
            "user_account_1_key=user_account_1_key uuid",
            "user_account_2_key=user_account_2_key uuid",
        ],
    ];
    assert_eq!(found, expected);
    assert!(facts.types.iter().all(|ty| ty.name != "UserAccount"));
}

#[test]
fn what_is_not_known_is_said() {
    let facts = read(
        "mikroorm-naming = 'entity-case'",
        "import { Far } from 'far-away'; import { Own } from './own';
        @Entity() export class A extends Far { @PrimaryKey() id!: number }
        @Entity() export class B {
          @PrimaryKey() id!: number;
          @Property({ type: Own }) own!: string;
          @ManyToOne('A') far!: unknown;
        }
        @Entity({ abstract: true }) export class C { @PrimaryKey() id!: number }",
    );
    let [a, b] = facts.tables.as_slice() else {
        panic!("{:?}", facts.tables);
    };
    assert!(a.unresolved.is_some());
    assert_eq!(
        test_utils::columns_of(b),
        ["B", "id=id integer", "own=own unknown", "far=far unknown"]
    );
    assert_eq!(b.fields[1].kind, Kind::Any, "the type makes another value");
}
