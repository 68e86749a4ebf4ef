//! Classes that validators judge, and the fields of the schemas that they are. The library itself
//! is asked in `class_validator_oracle`.

use crate::facts::{Facts, Field, Kind};
use crate::typescript::test_utils;

fn of(text: &str) -> Facts {
    let text = format!("{IMPORTS}{text}");
    test_utils::read_in_all_roles([("a.ts", text.as_str())])
}

const IMPORTS: &str = "import * as v from 'class-validator'; import { Transform, Type } from 'class-transformer';
    import { PartialType, PickType, OmitType, IntersectionType } from '@nestjs/mapped-types'; import { applyDecorators } from '@nestjs/common';\n";

fn described(field: &Field) -> String {
    let absent = if field.optional { "?" } else { "" };
    let null = if field.nullable { " null" } else { "" };
    let demanded = &field.constraints;
    let mut line = format!("{}{absent}{null} {:?}", field.name, field.kind);
    if let Some(length) = demanded.max_length {
        line += &format!(" max {length}");
    }
    if let Some(format) = &demanded.format {
        line += &format!(" {format}");
    }
    for (is, word) in [
        (demanded.integer, " integer"),
        (demanded.refined, " refined"),
        (demanded.coerced, " coerced"),
        (demanded.transformed, " transformed"),
    ] {
        line += if is { word } else { "" };
    }
    line
}

fn fields(facts: &Facts, name: &str) -> Vec<String> {
    let schema = facts.schemas.iter().find(|schema| schema.name == name);
    let schema = schema.unwrap_or_else(|| panic!("no `{name}` in {:?}", facts.schemas));
    schema.fields.iter().map(described).collect()
}

#[test]
fn validators_say_what_passes() {
    let facts = of("export enum Role { Admin = 'admin', Guest = 'guest' }
        export class Inner { @v.IsString() a: string }
        const Name = () => applyDecorators(v.IsString(), v.MaxLength(20));
        export class UserDto {
          @v.IsEmail() @v.MaxLength(100) email: string;
          @v.IsOptional() @v.IsInt() age?: number;
          @v.IsEnum(Role) role: Role;
          @v.IsIn(['a', 'b']) letter: string;
          @v.IsArray() @v.IsUUID('4', { each: true }) ids: string[];
          @v.ValidateNested({ each: true }) @Type(() => Inner) inner: Inner[];
          @v.ValidateIf((o) => o.age) @v.IsString() when: string | null;
          @Type(() => Number) @v.IsNumber() page: number;
          @Transform(({ value }) => value.trim()) @v.MaxLength(5) code: string;
          @v.IsString({ groups: ['create'] }) grouped: string;
          @Name() own: string;
          @v.IsNotEmpty() any: number;
          free: string;
        }");
    let enumeration = |values: &[&str]| {
        format!(
            "{:?}",
            Kind::Enum(values.iter().map(ToString::to_string).collect())
        )
    };
    let expected = [
        "email String max 100 email".to_owned(),
        "age? null Number integer".to_owned(),
        format!("role {}", enumeration(&["admin", "guest"])),
        format!("letter {}", enumeration(&["a", "b"])),
        "ids Array(String)".to_owned(),
        "inner? Array(Json)".to_owned(),
        "when null String refined coerced".to_owned(),
        "page Number coerced".to_owned(),
        "code? null Any transformed".to_owned(),
        "grouped Unresolved(\"it is judged in groups only, which are left out\")".to_owned(),
        "own String max 20".to_owned(),
        "any Number".to_owned(),
        "free Unresolved(\"no decorator judges it\")".to_owned(),
    ];
    assert_eq!(fields(&facts, "UserDto"), expected);
    let code = facts.schemas.iter().find(|one| one.name == "UserDto");
    let code = code.and_then(|dto| dto.field("code")?.returned.as_deref());
    let code = code.expect("what is judged is what comes out");
    assert_eq!(described(code), "code String max 5");
    assert!(facts.types.iter().all(|ty| ty.name != "UserDto"));
}

#[test]
fn classes_of_classes_have_their_validators() {
    let facts = of(
        "export class A { @v.IsString() a: string; @v.MaxLength(5) b: string }
        export class B { @v.IsInt() n: number }
        export class Partial extends PartialType(A) {}
        export class Picked extends PickType(A, ['b'] as const) {}
        export class Omitted extends OmitType(A, ['b']) { @v.IsInt() n: number }
        export class Both extends IntersectionType(PartialType(A), B) {}
        export class Child extends A { @v.MaxLength(9) b: string }",
    );
    assert_eq!(
        fields(&facts, "Partial"),
        ["a? null String", "b? null String max 5"]
    );
    assert_eq!(fields(&facts, "Picked"), ["b String max 5"]);
    assert_eq!(fields(&facts, "Omitted"), ["a String", "n Number integer"]);
    assert_eq!(
        fields(&facts, "Both"),
        ["a? null String", "b? null String max 5", "n Number integer"]
    );
    assert_eq!(fields(&facts, "Child"), ["a String", "b String max 9"]);
}

#[test]
fn classes_without_validators_are_types() {
    let facts = of("import { ApiProperty } from '@nestjs/swagger';
        export class UserDto { @ApiProperty() id: number }
        export class Other extends UserDto {}");
    assert!(facts.schemas.is_empty(), "{:?}", facts.schemas);
    assert_eq!(facts.types.len(), 2);
}
