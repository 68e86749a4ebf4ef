-- How many catalog rows this transaction deleted, and a digest of one line for each that it wrote: `age(xmin) <= 0` holds
-- for the transaction's own rows, also those of its savepoints. A catalog is only looked at when the counters of the
-- transaction ($1 are the catalogs) say that it was written to, and of what belongs to relations only that of relations that
-- the transaction has locked, as every DDL does; unless it wrote to the catalogs by hand, which locks them. OIDs, owners and
-- statistics have no part in it.
WITH written AS MATERIALIZED (
    SELECT bool_or(name = 'pg_class') AS class, bool_or(name = 'pg_attribute') AS attribute,
           bool_or(name = 'pg_attrdef') AS attrdef, bool_or(name = 'pg_constraint') AS constr,
           bool_or(name = 'pg_index') AS index, bool_or(name = 'pg_type') AS type, bool_or(name = 'pg_enum') AS enum,
           bool_or(name = 'pg_proc') AS proc, bool_or(name = 'pg_trigger') AS trigger,
           bool_or(name = 'pg_rewrite') AS rewrite, bool_or(name = 'pg_policy') AS policy,
           bool_or(name = 'pg_namespace') AS namespace, bool_or(name = 'pg_sequence') AS sequence,
           bool_or(name = 'pg_description') AS description, bool_or(name = 'pg_inherits') AS inherits,
           bool_or(name = 'pg_partitioned_table') AS partitioned, bool_or(name = 'pg_extension') AS extension,
           bool_or(name = 'pg_statistic_ext') AS statistic, bool_or(name = 'pg_event_trigger') AS event_trigger,
           coalesce(sum(pg_stat_get_xact_tuples_deleted(oid)), 0)::bigint AS deleted
    FROM unnest($1::text[]) AS name, to_regclass('pg_catalog.' || name) AS oid
    WHERE NOT current_setting('track_counts')::boolean
       OR pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
        + pg_stat_get_xact_tuples_deleted(oid) > 0
), mine AS MATERIALIZED (
    SELECT relation, mode FROM pg_locks
    WHERE pid = pg_backend_pid() AND locktype = 'relation' AND mode <> 'AccessShareLock'
), candidates (relations) AS MATERIALIZED (
    SELECT CASE WHEN EXISTS (
               SELECT FROM mine
               WHERE mode = 'RowExclusiveLock'
                 AND relation IN ('pg_class'::regclass, 'pg_attribute'::regclass, 'pg_attrdef'::regclass, 'pg_index'::regclass))
           THEN ARRAY(SELECT oid FROM pg_class) ELSE ARRAY(SELECT DISTINCT relation FROM mine WHERE relation >= 16384) END
), lines AS (
    SELECT concat_ws('|', 'class', relnamespace::regnamespace, relname, relkind, relpersistence, relrowsecurity,
                     relforcerowsecurity, relreplident, relispartition, reloptions, pg_get_expr(relpartbound, oid)) AS line
    FROM pg_class
    WHERE (SELECT class FROM written) AND oid = ANY ((SELECT relations FROM candidates)::oid[])
      AND age(pg_class.xmin) <= 0 AND relnamespace <> 'pg_toast'::regnamespace
    UNION ALL
    SELECT concat_ws('|', 'attribute', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
                     atthasdef, attidentity, attgenerated, attisdropped, attcollation::regcollation, attoptions)
    FROM pg_attribute
    WHERE (SELECT attribute FROM written) AND attrelid = ANY ((SELECT relations FROM candidates)::oid[])
      AND age(pg_attribute.xmin) <= 0 AND attnum > 0
      AND attrelid::regclass::text NOT LIKE 'pg_toast.%'
    UNION ALL
    SELECT concat_ws('|', 'default', adrelid::regclass,
                     (SELECT attname FROM pg_attribute WHERE attrelid = adrelid AND attnum = adnum),
                     pg_get_expr(adbin, adrelid))
    FROM pg_attrdef
    WHERE (SELECT attrdef FROM written) AND adrelid = ANY ((SELECT relations FROM candidates)::oid[])
      AND age(pg_attrdef.xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'constraint', conrelid::regclass, contypid::regtype, conname, pg_get_constraintdef(oid),
                     convalidated)
    FROM pg_constraint
    WHERE (SELECT constr FROM written) AND conrelid = ANY ((SELECT relations || 0::oid FROM candidates)::oid[])
      AND age(xmin) <= 0 AND contype <> 't'
    UNION ALL
    SELECT concat_ws('|', 'index', pg_get_indexdef(indexrelid), indisvalid, indisprimary, indisclustered, indisreplident)
    FROM pg_index
    WHERE (SELECT index FROM written) AND indexrelid = ANY ((SELECT relations FROM candidates)::oid[])
      AND age(pg_index.xmin) <= 0 AND indrelid::regclass::text NOT LIKE 'pg_toast.%'
    UNION ALL
    SELECT concat_ws('|', 'type', typnamespace::regnamespace, typname, typtype, typbasetype::regtype, typtypmod,
                     typnotnull, typdefault)
    FROM pg_type
    WHERE (SELECT type FROM written) AND age(xmin) <= 0 AND typrelid = 0 AND typelem = 0
    UNION ALL
    SELECT concat_ws('|', 'enum', enumtypid::regtype, enumlabel, enumsortorder)
    FROM pg_enum WHERE (SELECT enum FROM written) AND age(xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'function', oid::regprocedure,
                     CASE prokind WHEN 'a' THEN 'aggregate' ELSE pg_get_functiondef(oid) END)
    FROM pg_proc WHERE (SELECT proc FROM written) AND age(xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'trigger', tgrelid::regclass, pg_get_triggerdef(oid), tgenabled)
    FROM pg_trigger
    WHERE (SELECT trigger FROM written) AND tgrelid = ANY ((SELECT relations FROM candidates)::oid[])
      AND age(xmin) <= 0 AND NOT tgisinternal
    UNION ALL
    SELECT concat_ws('|', 'rule', ev_class::regclass, rulename, pg_get_ruledef(oid), ev_enabled)
    FROM pg_rewrite
    WHERE (SELECT rewrite FROM written) AND ev_class = ANY ((SELECT relations FROM candidates)::oid[])
      AND age(xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'policy', polrelid::regclass, polname, polcmd, polpermissive, polroles::regrole[],
                     pg_get_expr(polqual, polrelid), '|', pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy
    WHERE (SELECT policy FROM written) AND polrelid = ANY ((SELECT relations FROM candidates)::oid[])
      AND age(xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'namespace', nspname)
    FROM pg_namespace WHERE (SELECT namespace FROM written) AND age(xmin) <= 0 AND nspname !~ '^pg_(toast_)?temp'
    UNION ALL
    SELECT concat_ws('|', 'sequence', seqrelid::regclass, seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin,
                     seqcache, seqcycle)
    FROM pg_sequence
    WHERE (SELECT sequence FROM written) AND seqrelid = ANY ((SELECT relations FROM candidates)::oid[])
      AND age(xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'comment', pg_describe_object(classoid, objoid, objsubid), description)
    FROM pg_description WHERE (SELECT written.description FROM written) AND age(xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'inherits', inhrelid::regclass, inhparent::regclass, inhseqno)
    FROM pg_inherits
    WHERE (SELECT inherits FROM written) AND inhrelid = ANY ((SELECT relations FROM candidates)::oid[])
      AND age(xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'partitioned', partrelid::regclass, pg_get_partkeydef(partrelid))
    FROM pg_partitioned_table
    WHERE (SELECT partitioned FROM written) AND partrelid = ANY ((SELECT relations FROM candidates)::oid[])
      AND age(xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'extension', extname, extnamespace::regnamespace, extversion)
    FROM pg_extension WHERE (SELECT extension FROM written) AND age(xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'statistics', pg_get_statisticsobjdef(oid))
    FROM pg_statistic_ext WHERE (SELECT statistic FROM written) AND age(xmin) <= 0
    UNION ALL
    SELECT concat_ws('|', 'event trigger', evtname, evtevent, evtfoid::regprocedure, evtenabled, evttags)
    FROM pg_event_trigger WHERE (SELECT event_trigger FROM written) AND age(xmin) <= 0
)
SELECT (SELECT deleted FROM written) AS deleted,
       encode(sha256(convert_to(coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), ''), 'UTF8')), 'hex') AS digest
FROM lines
