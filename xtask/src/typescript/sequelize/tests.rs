//! Models, and the tables that they declare. The library itself is compared in `entities_oracle`.

use crate::config::Config;
use crate::facts::Declaration;
use crate::typescript::test_utils;

fn tables(keys: &str, text: &str) -> Vec<Declaration> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("db.toml");
    std::fs::write(&file, format!("sequelize = ['**/*.ts']\n{keys}")).expect("a file");
    let config = Config::load(folder.path(), Some(&file)).expect("a configuration");
    let text = format!("import {{ {NAMES} }} from 'sequelize-typescript';\n{text}");
    test_utils::read([("a.ts", text.as_str())], &config).tables
}

const NAMES: &str =
    "AllowNull, Column, CreatedAt, DataType, ForeignKey, Model, PrimaryKey, Table, HasMany";

#[test]
fn columns_are_what_their_decorators_say() {
    let tables = tables(
        "",
        "class Keyed extends Model { @PrimaryKey @Column(DataType.UUID) key: string }
        @Table({ underscored: true, paranoid: true, schema: 'app' }) export class UserAccount extends Keyed {
          @AllowNull(false) @Column emailAddress: string;
          @AllowNull @Column(DataType.STRING(40)) nick: string | null;
          @Column({ type: DataType.DECIMAL(10, 2), field: 'cost' }) price: string;
          @Column(DataType.ARRAY(DataType.TEXT)) tags: string[];
          @Column(DataType.VIRTUAL) shown: string;
          @CreatedAt madeAt: Date;
          @HasMany(() => UserAccount) others: UserAccount[];
        }",
    );
    let expected = [
        "app.user_accounts",
        "key=key uuid",
        "emailAddress=email_address character varying(255)",
        "nick=nick character varying(40) null",
        "price=cost numeric(10,2) ?",
        "tags=tags text[] ?",
        "madeAt=made_at timestamp with time zone ?",
        "updatedAt=updated_at timestamp with time zone",
        "deletedAt=deleted_at timestamp with time zone null",
    ];
    assert_eq!(
        tables
            .iter()
            .map(test_utils::columns_of)
            .collect::<Vec<_>>(),
        [expected]
    );
}

#[test]
fn a_model_without_a_key_has_one() {
    let tables = tables(
        "sequelize-naming = 'underscored'",
        "@Table({ timestamps: false }) export class Box extends Model { @Column({ type: 'VARCHAR(9)', allowNull: false }) insideOf: string }",
    );
    let expected = [
        "boxes",
        "insideOf=inside_of character varying(9)",
        "id=id integer",
    ];
    assert_eq!(
        tables
            .iter()
            .map(test_utils::columns_of)
            .collect::<Vec<_>>(),
        [expected]
    );
}
