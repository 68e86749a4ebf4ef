//! What each validator of class-validator demands. The names stand here with their meaning.

use crate::facts::{Constraints, FormatOptions, Kind};
use crate::typescript::decorators::{Decorator, Decorators};
use crate::typescript::resolve::Resolver;
use crate::typescript::values::{Arguments, Value};
use crate::typescript::vocabulary::Library;

/// The sorts of validators: an inherited one is replaced by one of its sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// It looks at the value.
    Value,
    /// It says that the value is there.
    Defined,
    /// It says whether the others look at the value.
    Condition,
    /// It looks into the value.
    Nested,
    /// It lets the value pass.
    Allowed,
}

/// The sort of a validator; none of another decorator.
pub(super) fn sort(decorator: &Decorator<'_>) -> Option<Sort> {
    if decorator.library != Library::ClassValidator {
        return None;
    }
    Some(match &*decorator.name {
        "IsOptional" | "ValidateIf" => Sort::Condition,
        "ValidateNested" | "ValidatePromise" => Sort::Nested,
        "IsDefined" => Sort::Defined,
        "Allow" => Sort::Allowed,
        _ => Sort::Value,
    })
}

/// The sorts of `decorators`.
pub(super) fn sorts(decorators: &Decorators<'_>) -> impl Iterator<Item = Sort> {
    decorators.known.iter().filter_map(sort)
}

/// Validators of texts that demand more than can be told, with the number of their own arguments.
const TEXTS: &[(&str, usize)] = &[
    ("Contains", 1),
    ("IsAlpha", 1),
    ("IsAlphanumeric", 1),
    ("IsAscii", 0),
    ("IsBIC", 0),
    ("IsBase32", 0),
    ("IsBase58", 0),
    ("IsBase64", 1),
    ("IsBooleanString", 0),
    ("IsBtcAddress", 0),
    ("IsByteLength", 2),
    ("IsCreditCard", 0),
    ("IsCurrency", 1),
    ("IsDataURI", 0),
    ("IsDecimal", 1),
    ("IsEAN", 0),
    ("IsEthereumAddress", 0),
    ("IsFQDN", 1),
    ("IsFirebasePushId", 0),
    ("IsFullWidth", 0),
    ("IsHSL", 0),
    ("IsHalfWidth", 0),
    ("IsHash", 1),
    ("IsHexColor", 0),
    ("IsHexadecimal", 0),
    ("IsIBAN", 1),
    ("IsISBN", 1),
    ("IsISIN", 0),
    ("IsISO31661Alpha2", 0),
    ("IsISO31661Alpha3", 0),
    ("IsISO31661Numeric", 0),
    ("IsISO4217CurrencyCode", 0),
    ("IsISO6391", 0),
    ("IsISRC", 0),
    ("IsISSN", 1),
    ("IsIdentityCard", 1),
    ("IsJSON", 0),
    ("IsLatLong", 0),
    ("IsLocale", 0),
    ("IsLowercase", 0),
    ("IsMagnetURI", 0),
    ("IsMimeType", 0),
    ("IsMobilePhone", 2),
    ("IsMongoId", 0),
    ("IsMultibyte", 0),
    ("IsNumberString", 1),
    ("IsOctal", 0),
    ("IsPassportNumber", 1),
    ("IsPhoneNumber", 1),
    ("IsPort", 0),
    ("IsPostalCode", 1),
    ("IsRgbColor", 1),
    ("IsSemVer", 0),
    ("IsStrongPassword", 1),
    ("IsSurrogatePair", 0),
    ("IsTaxId", 1),
    ("IsTimeZone", 0),
    ("IsUppercase", 0),
    ("IsVariableWidth", 0),
    ("NotContains", 1),
];

/// Validators of texts of a format, with the number of their own arguments.
const FORMATS: &[(&str, &str, usize)] = &[
    ("IsEmail", "email", 1),
    ("IsUUID", "uuid", 1),
    ("IsUrl", "url", 1),
    ("IsDateString", "datetime", 1),
    ("IsISO8601", "datetime", 1),
    ("IsRFC3339", "datetime", 0),
    ("IsMilitaryTime", "time", 0),
    ("IsIP", "ip", 1),
    ("IsMACAddress", "mac", 1),
    ("IsJWT", "jwt", 0),
];

/// The demands of all validators of one value.
#[derive(Debug, Clone, Default)]
pub(super) struct Demanded {
    /// The kind of the value, where one of them says it.
    pub kind: Option<Kind>,
    /// The demands beyond that.
    pub constraints: Constraints,
    /// How many there are.
    pub count: usize,
    /// Whether one of them refuses `undefined` and `null`.
    pub refuses_nothing: bool,
    /// Whether it is not known if `undefined` and `null` pass.
    pub may_take_nothing: bool,
}

/// Which value a validator looks at, and when.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach {
    /// Each item of the value, and not the value.
    pub each: bool,
    /// Only in groups.
    pub grouped: bool,
}

/// Reads the options of a validator, which stand behind its own arguments.
pub(super) fn reach<'p>(resolver: &Resolver<'p>, decorator: &Decorator<'p>) -> Reach {
    let arguments = decorator.arguments(resolver);
    let own = own_arguments(&decorator.name, &arguments);
    let options = arguments.at(own);
    let is_true = |value: &Value<'_>| matches!(value.uncast(), Value::Boolean(true));
    let has_items = |value: &Value<'_>| matches!(value.uncast(), Value::Array(array) if !array.items.is_empty());
    Reach {
        each: options.property("each").is_some_and(is_true),
        grouped: options.property("groups").is_some_and(has_items),
    }
}

fn own_arguments(name: &str, arguments: &Arguments<'_, '_>) -> usize {
    let of_table = |table: &[(&str, usize)]| {
        let row = table.iter().find(|(known, _)| *known == name)?;
        Some(row.1)
    };
    let of_format = FORMATS.iter().find(|(known, ..)| *known == name);
    if let Some(own) = of_format.map(|row| row.2).or_else(|| of_table(TEXTS)) {
        return own;
    }
    match name {
        "Length" => 2,
        "Matches" | "Validate" => arguments.count().saturating_sub(1).clamp(1, 2),
        "MaxLength" | "MinLength" | "Min" | "Max" | "IsIn" | "IsNotIn" | "IsEnum" | "Equals"
        | "NotEquals" | "IsNumber" | "IsDivisibleBy" | "ArrayContains" | "ArrayNotContains"
        | "ArrayMinSize" | "ArrayMaxSize" | "IsInstance" | "IsNotEmptyObject" | "MinDate"
        | "MaxDate" | "ValidateIf" | "ValidateBy" => 1,
        "ArrayUnique" => usize::from(arguments.count() > 1),
        _ => 0,
    }
}

impl Demanded {
    /// Takes up what `decorator`, a validator, demands.
    pub(super) fn add<'p>(&mut self, resolver: &Resolver<'p>, decorator: &Decorator<'p>) {
        let arguments = decorator.arguments(resolver);
        let name = &*decorator.name;
        self.count += 1;
        let format = FORMATS.iter().find(|(known, ..)| *known == name);
        if let Some((_, format, _)) = format {
            self.format(format, &arguments);
        } else if TEXTS.iter().any(|(known, _)| *known == name) {
            self.be(Kind::String);
            self.constraints.refined = true;
        } else {
            self.named(resolver, name, &arguments);
        }
    }

    /// Demands a value of this kind. The narrower of two stays.
    fn be(&mut self, kind: Kind) {
        self.refuses_nothing = true;
        let is_narrower = match &self.kind {
            None | Some(Kind::Any) => true,
            Some(Kind::String) => matches!(kind, Kind::Enum(_)),
            Some(_) => false,
        };
        if is_narrower {
            self.kind = Some(kind);
        }
    }

    fn named<'p>(&mut self, resolver: &Resolver<'p>, name: &str, arguments: &Arguments<'_, 'p>) {
        let number = arguments.at(0).as_number();
        match name {
            "IsString" => self.be(Kind::String),
            "MaxLength" => self.length(None, arguments.at(0).as_number()),
            "MinLength" => self.length(number, None),
            "Length" => self.length(number, arguments.at(1).as_number()),
            "Matches" => self.pattern(arguments),
            "IsInt" => self.number(|constraints| constraints.integer = true),
            "IsNumber" => self.is_number(&arguments.at(0)),
            "Min" => self.bound(number, |constraints, least| constraints.minimum = least),
            "Max" => self.bound(number, |constraints, most| constraints.maximum = most),
            "IsPositive" => self.number(|constraints| constraints.exclusive_minimum = Some(0.0)),
            "IsNegative" => self.number(|constraints| constraints.exclusive_maximum = Some(0.0)),
            "IsDivisibleBy" => self.number(|constraints| constraints.refined = true),
            "IsLatitude" | "IsLongitude" => {
                self.be(Kind::Union(Box::new([Kind::Number, Kind::String])));
                self.constraints.refined = true;
            }
            "IsBoolean" => self.be(Kind::Boolean),
            "IsDate" => self.be(Kind::Date),
            "MinDate" | "MaxDate" => {
                self.be(Kind::Date);
                self.constraints.refined = true;
            }
            "IsObject" => self.be(Kind::Json),
            "IsNotEmptyObject" | "IsInstance" => {
                self.be(Kind::Json);
                self.constraints.refined = true;
            }
            "IsEnum" => {
                let values = resolver.object_values(&arguments.at(0));
                self.one_of(&values);
            }
            "IsIn" => self.one_of(&arguments.at(0)),
            "IsArray" => self.array(),
            "ArrayMinSize" => self.size(number, None),
            "ArrayMaxSize" => self.size(None, number),
            "ArrayNotEmpty" => self.size(Some(1.0), None),
            "ArrayUnique" | "ArrayContains" | "ArrayNotContains" => {
                self.array();
                self.constraints.refined = true;
            }
            "IsNotEmpty" => {
                self.refuses_nothing = true;
                let length = &mut self.constraints.min_length;
                *length = (*length).max(Some(1));
            }
            "IsDefined" => self.refuses_nothing = true,
            "Allow" => self.kind = self.kind.take().or(Some(Kind::Any)),
            "IsEmpty" | "NotEquals" | "IsNotIn" => self.constraints.refined = true,
            // SQL that people write themselves may do anything.
            _custom => {
                self.constraints.refined = true;
                self.may_take_nothing = true;
            }
        }
    }

    fn format(&mut self, format: &str, arguments: &Arguments<'_, '_>) {
        self.be(Kind::String);
        self.constraints.format = Some(format.to_owned());
        self.constraints.format_options = match format {
            // ISO 8601 has texts with and without an offset.
            "datetime" => FormatOptions {
                version: None,
                offset: true,
                local: true,
            },
            "uuid" | "ip" => FormatOptions {
                version: version(&arguments.at(0)),
                ..FormatOptions::default()
            },
            _ => FormatOptions::default(),
        };
    }

    fn number(&mut self, demand: impl FnOnce(&mut Constraints)) {
        self.be(Kind::Number);
        demand(&mut self.constraints);
    }

    fn bound(&mut self, bound: Option<f64>, demand: impl FnOnce(&mut Constraints, Option<f64>)) {
        self.number(|constraints| match bound {
            Some(_) => demand(constraints, bound),
            None => constraints.refined = true,
        });
    }

    /// `@IsNumber({ maxDecimalPlaces: 2 })`
    fn is_number(&mut self, options: &Value<'_>) {
        let places = options.property("maxDecimalPlaces");
        self.number(|constraints| match places.map(Value::as_number) {
            None => {}
            Some(Some(0.0)) => constraints.integer = true,
            Some(_) => constraints.refined = true,
        });
    }

    fn length(&mut self, least: Option<f64>, most: Option<f64>) {
        self.be(Kind::String);
        self.size_limits(least, most);
    }

    fn size(&mut self, least: Option<f64>, most: Option<f64>) {
        self.array();
        self.size_limits(least, most);
    }

    fn size_limits(&mut self, least: Option<f64>, most: Option<f64>) {
        let constraints = &mut self.constraints;
        if let Some(least) = least {
            constraints.min_length = constraints.min_length.max(Some(least as u32));
        }
        if let Some(most) = most {
            let most = most as u32;
            constraints.max_length = Some(constraints.max_length.map_or(most, |max| max.min(most)));
        }
        if least.is_none() && most.is_none() {
            constraints.refined = true;
        }
    }

    fn array(&mut self) {
        self.be(Kind::Array(Box::new(Kind::Any)));
    }

    fn pattern(&mut self, arguments: &Arguments<'_, '_>) {
        self.be(Kind::String);
        let modifiers = arguments.at(1);
        match arguments.at(0).uncast() {
            Value::Regex(source, flags)
                if flags.is_empty()
                    && modifiers.as_str().is_none()
                    && self.constraints.pattern.is_none() =>
            {
                self.constraints.pattern = Some(source.to_string());
            }
            _ => self.constraints.refined = true,
        }
    }

    /// `@IsEnum(Role)`, `@IsIn(['a', 'b'])`
    fn one_of(&mut self, values: &Value<'_>) {
        let Value::Array(array) = values.uncast() else {
            return self.unknown_values();
        };
        let texts: Option<Vec<String>> = array
            .items
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect();
        let numbers = array.items.iter().all(|value| value.as_number().is_some());
        match texts.filter(|texts| array.open.is_none() && !texts.is_empty()) {
            Some(texts) => self.be(Kind::Enum(texts)),
            None if numbers && !array.items.is_empty() => {
                self.number(|constraints| constraints.refined = true);
            }
            None => self.unknown_values(),
        }
    }

    fn unknown_values(&mut self) {
        self.refuses_nothing = true;
        self.constraints.refined = true;
    }
}

/// `4`, `'4'`; none of `'all'` and of several.
fn version(value: &Value<'_>) -> Option<u8> {
    match value.uncast() {
        Value::Number(version) => Some(*version as u8),
        Value::String(version) => version.parse().ok(),
        _ => None,
    }
}
