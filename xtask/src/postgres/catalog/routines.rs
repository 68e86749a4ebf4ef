//! Reads functions, procedures and aggregates.

use postgres::{Error, GenericClient};

use super::object_name;
use super::prepared::Prepared;
use crate::schema::model::{Routine, RoutineKind, Schema};

/// Functions that depend internally (`i`) on another object are left out: the constructors of a
/// range type belong to it.
const ROUTINES: &str = concat!(
    "
    SELECT n.nspname::text AS namespace,
           p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name,
           p.prokind::text AS kind,
           CASE WHEN p.prokind <> 'a' THEN rtrim(pg_get_functiondef(p.oid), E'\\n') ELSE concat_ws(E'\\n',
               'CREATE AGGREGATE (' || pg_get_function_arguments(p.oid) || ')',
               'SFUNC = ' || a.aggtransfn, 'STYPE = ' || format_type(a.aggtranstype, NULL),
               'SSPACE = ' || nullif(a.aggtransspace, 0), 'FINALFUNC = ' || nullif(a.aggfinalfn, 0),
               CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END, 'FINALFUNC_MODIFY = ' || a.aggfinalmodify::text,
               'COMBINEFUNC = ' || nullif(a.aggcombinefn, 0), 'SERIALFUNC = ' || nullif(a.aggserialfn, 0),
               'DESERIALFUNC = ' || nullif(a.aggdeserialfn, 0), 'INITCOND = ' || a.agginitval,
               'MSFUNC = ' || nullif(a.aggmtransfn, 0), 'MINVFUNC = ' || nullif(a.aggminvtransfn, 0),
               'MSTYPE = ' || CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END,
               'MFINALFUNC = ' || nullif(a.aggmfinalfn, 0), 'MINITCOND = ' || a.aggminitval,
               'SORTOP = ' || CASE WHEN a.aggsortop <> 0 THEN a.aggsortop::regoperator::text END,
               'KIND = ' || a.aggkind::text, 'PARALLEL = ' || p.proparallel::text) END AS definition,
           obj_description(p.oid, 'pg_proc') AS comment
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    LEFT JOIN pg_aggregate AS a ON a.aggfnoid = p.oid
    WHERE ",
    namespaces!(),
    "
      AND NOT EXISTS (
          SELECT FROM pg_depend AS e
          WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i'))
    ORDER BY namespace, name"
);

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    schema: &mut Schema,
) -> Result<(), Error> {
    for row in client.query(ROUTINES, &[])? {
        let kind = match row.get("kind") {
            "p" => RoutineKind::Procedure,
            "a" => RoutineKind::Aggregate,
            _ => RoutineKind::Function,
        };
        let routine = Routine {
            kind,
            comment: row.get("comment"),
            definition: row.get("definition"),
        };
        schema.routines.insert(object_name(&row), routine);
    }
    Ok(())
}
