//! The demands of CHECK constraints on single columns. PostgreSQL gives the constraints back in its
//! own words (`CHECK (((rating >= 1) AND (rating <= 5)))`). Only conditions that bound one column
//! are read. A condition that is not understood bounds nothing.

mod expression;

use expression::{Expression, Literal, Operator};

/// The demands of the database on a value beyond its type. Everything that is not `None` or empty
/// is demanded of every value that is not null.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Demands {
    /// The lowest number.
    pub minimum: Option<Bound>,
    /// The highest number.
    pub maximum: Option<Bound>,
    /// The least number of characters.
    pub min_length: Option<u32>,
    /// The most characters.
    pub max_length: Option<u32>,
    /// The only values: of an enum, or of `CHECK (x IN (…))`.
    pub values: Option<Vec<String>>,
    /// Regular expressions that a value must match, in PostgreSQL's notation.
    pub patterns: Vec<String>,
    /// `CHECK (x IS NOT NULL)`.
    pub not_null: bool,
}

/// The end of a range of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// The number.
    pub value: f64,
    /// Whether the number itself is outside.
    pub exclusive: bool,
}

/// Reads what the constraint `definition` (as `pg_get_constraintdef` writes it) demands of
/// `column`; in a domain's constraint the column is `VALUE`.
#[must_use]
pub fn demands(definition: &str, column: &str) -> Demands {
    let mut demands = Demands::default();
    if let Some(condition) = expression::parse_check(definition) {
        demands.require(&condition, column);
    }
    demands
}

impl Demands {
    /// Both what `self` and what `other` demand.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.minimum = tighter(self.minimum, other.minimum, |left, right| left > right);
        self.maximum = tighter(self.maximum, other.maximum, |left, right| left < right);
        self.min_length = self.min_length.max(other.min_length);
        self.max_length = [self.max_length, other.max_length]
            .into_iter()
            .flatten()
            .min();
        self.values = match (self.values, other.values) {
            (Some(left), Some(right)) => Some(
                left.into_iter()
                    .filter(|value| right.contains(value))
                    .collect(),
            ),
            (left, right) => left.or(right),
        };
        self.patterns.extend(other.patterns);
        self.not_null |= other.not_null;
        self
    }

    fn require(&mut self, condition: &Expression, column: &str) {
        match condition {
            Expression::And(conditions) => conditions
                .iter()
                .for_each(|condition| self.require(condition, column)),
            Expression::Or(alternatives) => self.require_one_of(alternatives, column),
            Expression::IsNotNull(operand) if is_column(operand, column) => self.not_null = true,
            Expression::Compare(left, operator, right) => {
                self.compare(left, *operator, right, column)
            }
            Expression::AnyOf(operand, values) if is_column(operand, column) => {
                self.restrict(strings(values))
            }
            Expression::IsNotNull(_)
            | Expression::IsNull(_)
            | Expression::AnyOf(..)
            | Expression::Column(_)
            | Expression::Literal(_)
            | Expression::Call(..)
            | Expression::Opaque => {}
        }
    }

    /// `x IS NULL OR …` demands the rest, since null passes every CHECK; `x = 'a' OR x = 'b'` is a
    /// list of values.
    fn require_one_of(&mut self, alternatives: &[Expression], column: &str) {
        let is_null = |one: &&Expression| matches!(one, Expression::IsNull(operand) if is_column(operand, column));
        let rest: Vec<_> = alternatives.iter().filter(|one| !is_null(one)).collect();
        if let [only] = rest[..] {
            return self.require(only, column);
        }
        let each: Vec<Demands> = rest
            .iter()
            .map(|one| {
                let mut demands = Self::default();
                demands.require(one, column);
                demands
            })
            .collect();
        let values: Option<Vec<Vec<String>>> =
            each.into_iter().map(|demands| demands.values).collect();
        if let Some(values) = values {
            self.restrict(Some(values.concat()));
        }
    }

    fn compare(&mut self, left: &Expression, operator: Operator, right: &Expression, column: &str) {
        match (left, right) {
            (Expression::Literal(literal), operand) => {
                self.bound(operand, operator.flipped(), literal, column)
            }
            (operand, Expression::Literal(literal)) => {
                self.bound(operand, operator, literal, column)
            }
            _two_columns => {}
        }
    }

    fn bound(&mut self, operand: &Expression, operator: Operator, literal: &Literal, column: &str) {
        match (operand, literal) {
            (operand, Literal::Number(number)) if is_column(operand, column) => {
                self.bound_value(operator, *number)
            }
            (operand, Literal::String(text)) if is_column(operand, column) => {
                self.bound_text(operator, text)
            }
            (Expression::Call(function, arguments), Literal::Number(number))
                if is_length(function) =>
            {
                // `length(trim(x)) > 0` demands at least that much of `x` itself.
                let trimmed = !arguments
                    .first()
                    .is_some_and(|argument| is_column(argument, column));
                if arguments
                    .first()
                    .is_some_and(|argument| is_column(without_trim(argument), column))
                {
                    self.bound_length(operator, *number, trimmed);
                }
            }
            _other => {}
        }
    }

    fn bound_value(&mut self, operator: Operator, value: f64) {
        let at = |exclusive| Demands {
            minimum: Some(Bound { value, exclusive }),
            ..Demands::default()
        };
        let below = |exclusive| Demands {
            maximum: Some(Bound { value, exclusive }),
            ..Demands::default()
        };
        let demanded = match operator {
            Operator::GreaterOrEqual => at(false),
            Operator::Greater => at(true),
            Operator::LessOrEqual => below(false),
            Operator::Less => below(true),
            Operator::Equal => at(false).and(below(false)),
            Operator::NotEqual | Operator::Matches => Demands::default(),
        };
        *self = std::mem::take(self).and(demanded);
    }

    fn bound_text(&mut self, operator: Operator, text: &str) {
        match operator {
            Operator::Equal => self.restrict(Some(vec![text.to_owned()])),
            Operator::NotEqual if text.is_empty() => {
                self.bound_length(Operator::GreaterOrEqual, 1.0, false)
            }
            Operator::Matches => self.patterns.push(text.to_owned()),
            Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => {}
        }
    }

    fn bound_length(&mut self, operator: Operator, number: f64, trimmed: bool) {
        if !(0.0..=f64::from(u32::MAX)).contains(&number) {
            return;
        }
        let number = number as u32;
        let (min_length, max_length) = match operator {
            Operator::GreaterOrEqual => (Some(number), None),
            Operator::Greater => (number.checked_add(1), None),
            Operator::LessOrEqual => (None, Some(number)),
            Operator::Less => (None, number.checked_sub(1)),
            Operator::Equal => (Some(number), Some(number)),
            Operator::NotEqual if number == 0 => (Some(1), None),
            Operator::NotEqual | Operator::Matches => (None, None),
        };
        let max_length = max_length.filter(|_| !trimmed);
        *self = std::mem::take(self).and(Demands {
            min_length,
            max_length,
            ..Demands::default()
        });
    }

    fn restrict(&mut self, values: Option<Vec<String>>) {
        if values.is_some() {
            *self = std::mem::take(self).and(Demands {
                values,
                ..Demands::default()
            });
        }
    }
}

fn tighter(
    left: Option<Bound>,
    right: Option<Bound>,
    is_tighter: fn(f64, f64) -> bool,
) -> Option<Bound> {
    match (left, right) {
        (Some(left), Some(right)) if is_tighter(right.value, left.value) => Some(right),
        (Some(left), Some(right)) if left.value == right.value => Some(Bound {
            value: left.value,
            exclusive: left.exclusive || right.exclusive,
        }),
        (left, right) => left.or(right),
    }
}

fn is_column(expression: &Expression, column: &str) -> bool {
    matches!(expression, Expression::Column(name) if name == column)
}

fn is_length(function: &str) -> bool {
    matches!(function, "length" | "char_length" | "character_length")
}

fn without_trim(argument: &Expression) -> &Expression {
    match argument {
        Expression::Call(function, arguments)
            if matches!(function.as_str(), "btrim" | "trim" | "ltrim" | "rtrim") =>
        {
            arguments.first().unwrap_or(argument)
        }
        other => other,
    }
}

fn strings(values: &[Literal]) -> Option<Vec<String>> {
    let string = |value: &Literal| match value {
        Literal::String(text) => Some(text.clone()),
        Literal::Number(_) => None,
    };
    values.iter().map(string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(value: f64, exclusive: bool) -> Option<Bound> {
        Some(Bound { value, exclusive })
    }

    #[test]
    fn ranges_are_read_whichever_way_round_they_are_written() {
        let rating = demands("CHECK (((rating >= 1) AND (rating <= 5)))", "rating");
        assert_eq!(
            (rating.minimum, rating.maximum),
            (bound(1.0, false), bound(5.0, false))
        );
        let amount = demands("CHECK ((amount > (0)::numeric))", "amount");
        assert_eq!(amount.minimum, bound(0.0, true));
        let flipped = demands("CHECK ((0 < amount))", "amount");
        assert_eq!(flipped.minimum, bound(0.0, true));
        let negative = demands(
            "CHECK (((latitude >= '-90'::integer) AND (latitude <= (90)::double precision)))",
            "latitude",
        );
        assert_eq!(
            (negative.minimum, negative.maximum),
            (bound(-90.0, false), bound(90.0, false))
        );
        let minus = demands("CHECK ((t > (- 1.5)))", "t");
        assert_eq!(minus.minimum, bound(-1.5, true));
    }

    #[test]
    fn lists_of_values_are_read_in_every_form_postgresql_writes() {
        let expected = Some(vec!["draft".to_owned(), "it's".to_owned()]);
        for definition in [
            "CHECK ((status = ANY (ARRAY['draft'::text, 'it''s'::text])))",
            "CHECK (((status)::text = ANY ((ARRAY['draft'::character varying, 'it''s'::character varying])::text[])))",
            "CHECK (((status = 'draft'::text) OR (status = 'it''s'::text)))",
            "CHECK (((status IS NULL) OR (status = ANY (ARRAY['draft'::text, 'it''s'::text])))) NOT VALID",
            "CHECK ((status = ANY ('{draft,it''s}'::text[])))",
        ] {
            assert_eq!(
                demands(definition, "status").values,
                expected,
                "{definition}"
            );
        }
    }

    #[test]
    fn lengths_patterns_and_null_are_read() {
        let title = demands(
            "CHECK (((char_length((title)::text) >= 3) AND (char_length((title)::text) <= 200)))",
            "title",
        );
        assert_eq!((title.min_length, title.max_length), (Some(3), Some(200)));
        let trimmed = demands("CHECK ((length(TRIM(BOTH FROM name)) > 0))", "name");
        assert_eq!((trimmed.min_length, trimmed.max_length), (Some(1), None));
        let email = demands("CHECK ((VALUE ~ '^[^@]+@[^@]+$'::text))", "VALUE");
        assert_eq!(email.patterns, ["^[^@]+@[^@]+$"]);
        assert!(demands("CHECK ((bio IS NOT NULL))", "bio").not_null);
        assert_eq!(
            demands("CHECK ((name <> ''::text))", "name").min_length,
            Some(1)
        );
    }

    #[test]
    fn what_is_not_understood_or_about_another_column_demands_nothing() {
        for definition in [
            "CHECK ((starts_on < ends_on))",
            "CHECK (((a >= 1) OR (b >= 1)))",
            "CHECK ((NOT (a = 'x'::text)))",
            "CHECK (is_fine(a))",
            "CHECK ((\"a b\" >= 1))",
            "CHECK ((((a)::text || b) = 'x'::text))",
            "CHECK (((a + 1) >= 5))",
            "CHECK (",
            "",
            "FOREIGN KEY (a) REFERENCES b(id)",
        ] {
            assert_eq!(demands(definition, "a"), Demands::default(), "{definition}");
        }
        assert_eq!(
            demands("CHECK ((\"a b\" >= 1))", "a b").minimum,
            bound(1.0, false)
        );
    }
}
