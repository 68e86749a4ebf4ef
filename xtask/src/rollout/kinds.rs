//! Whether values of a column stay what code takes them for when the column's type changes.

use super::demands::{ColumnDemand, TableDemand, Written};
use super::loss::Lost;
use crate::checks::accepted_kinds::accepts;
use crate::checks::entities::ColumnFacts;
use crate::config::Config;
use crate::schema::types::{ColumnType, Scalar};

/// What is lost where the type of a column changes, and whether for sure.
pub(super) fn changed(
    demand: &TableDemand,
    wanted: &ColumnDemand,
    was: &ColumnFacts<'_>,
    is: &ColumnFacts<'_>,
    config: &Config,
) -> Option<(Lost, bool)> {
    if is_same(&was.ty, &is.ty) {
        return None;
    }
    let types = || (was.column.type_name.clone(), is.column.type_name.clone());
    if is_cast_by_former_name(wanted, &was.ty, &is.ty) {
        let (before, after) = types();
        return Some((Lost::TypeName(before, after), true));
    }
    let is_used = demand.reads || wanted.written != Written::Never;
    if let Some(kind) = wanted.kind.as_ref().filter(|_| is_used) {
        let holds = |ty: &ColumnType| accepts(ty, kind, wanted.layer, config);
        if holds(&was.ty) && !holds(&is.ty) {
            let (before, after) = types();
            return Some((Lost::Kind(before, after), true));
        }
    }
    let writes = wanted.written != Written::Never;
    if !writes || is_wider(&was.ty, &is.ty) || lists_its_values(wanted, is) {
        return None;
    }
    let (before, after) = types();
    Some((Lost::Narrowed(before, after), false))
}

/// Whether the code casts values to an enum that has another name in the other schema.
fn is_cast_by_former_name(wanted: &ColumnDemand, was: &ColumnType, is: &ColumnType) -> bool {
    let (Scalar::Enum(was, _), Scalar::Enum(is, _)) = (&was.scalar, &is.scalar) else {
        return false;
    };
    wanted.cast_to.as_ref() == Some(was) && was != is
}

/// Whether two types are the same as values: the names of domains on the way do not count.
fn is_same(was: &ColumnType, is: &ColumnType) -> bool {
    let same_scalar = match (&was.scalar, &is.scalar) {
        // The labels are told apart from the type.
        (Scalar::Enum(was, _), Scalar::Enum(is, _)) => was == is,
        (was, is) => was == is,
    };
    same_scalar && was.array == is.array && was.length == is.length && was.scale == is.scale
}

/// Whether the code only writes values that it lists: whether they are allowed is told by itself.
fn lists_its_values(wanted: &ColumnDemand, is: &ColumnFacts<'_>) -> bool {
    wanted.values.is_some() && is.demands.values.is_some()
}

/// Whether each text that stands for a value of `was` stands for the same value of `is`.
fn is_wider(was: &ColumnType, is: &ColumnType) -> bool {
    if was.array != is.array {
        return false;
    }
    if is.is_text() {
        let is_limited = |ty: &ColumnType| ty.length.filter(|_| ty.is_text());
        return match (is_limited(was), is_limited(is)) {
            (_, None) => name(is) != "character",
            (Some(was), Some(is)) => is >= was,
            (None, Some(_)) => false,
        };
    }
    let (from, to) = (name(was), name(is));
    let wholes = ["smallint", "integer", "bigint", "numeric"];
    let place = |name: &str| wholes.iter().position(|whole| *whole == name);
    match (from, to) {
        ("numeric", "numeric") => is_wider_number(was, is),
        ("real", "double precision") | ("json", "jsonb") | ("jsonb", "json") => true,
        (from, to) if from == to => {
            // A precision of seconds, or bits of a string.
            let more = |was: Option<u32>, is: Option<u32>| {
                is.is_none_or(|is| was.is_some_and(|was| is >= was))
            };
            matches!(was.scalar, Scalar::Builtin(_)) && more(was.length, is.length)
        }
        (from, "numeric") if place(from).is_some() => is.length.is_none(),
        (from, to) => place(from)
            .zip(place(to))
            .is_some_and(|(from, to)| from <= to),
    }
}

fn is_wider_number(was: &ColumnType, is: &ColumnType) -> bool {
    let Some(precision) = is.length else {
        return true;
    };
    let (scale, Some(was_precision)) = (is.scale.unwrap_or(0), was.length) else {
        return false;
    };
    let was_scale = was.scale.unwrap_or(0);
    let digits = |precision: u32, scale: u32| precision.saturating_sub(scale);
    scale >= was_scale && digits(precision, scale) >= digits(was_precision, was_scale)
}

fn name(ty: &ColumnType) -> &str {
    match &ty.scalar {
        Scalar::Builtin(name) => name,
        Scalar::Enum(..) | Scalar::Other(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::{Enum, ObjectName, Schema};

    #[test]
    fn a_type_is_wider_where_each_text_of_a_value_means_the_same() {
        let mut schema = Schema::default();
        let name = ObjectName::public("state");
        schema.enums.insert(name, Enum::default());
        let widens = |was: &str, is: &str| {
            is_wider(
                &ColumnType::resolve(was, &schema),
                &ColumnType::resolve(is, &schema),
            )
        };
        for (was, is) in [
            ("integer", "bigint"),
            ("integer", "numeric"),
            ("numeric(5,2)", "numeric(7,2)"),
            ("character varying(5)", "character varying(9)"),
            ("character varying(5)", "text"),
            ("public.state", "text"),
            ("json", "jsonb"),
            (
                "timestamp(3) without time zone",
                "timestamp without time zone",
            ),
        ] {
            assert!(widens(was, is), "{was} to {is}");
        }
        for (was, is) in [
            ("bigint", "integer"),
            ("numeric(7,2)", "numeric(5,2)"),
            ("numeric", "numeric(5,2)"),
            ("text", "character varying(9)"),
            ("text", "public.state"),
            ("text", "uuid"),
            ("integer", "integer[]"),
            ("timestamp without time zone", "timestamp with time zone"),
        ] {
            assert!(!widens(was, is), "{was} to {is}");
        }
    }
}
