-- A digest of the names of everything that is there: rows that are gone leave no trace, so that after a deletion what is
-- left counts as well. The names of our own tables and of the namespaces that are somebody else's stand in the braces.
WITH namespaces AS MATERIALIZED (
    SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND nspname <> ALL ({foreign})
), tables AS MATERIALIZED (
    SELECT oid FROM pg_class
    WHERE relnamespace IN (SELECT oid FROM namespaces) AND relkind NOT IN ('i', 'I') AND relname <> ALL ({own})
), names (name) AS (
    SELECT concat_ws('|', 'class', oid::regclass) FROM tables
    UNION ALL
    SELECT concat_ws('|', 'index', indexrelid::regclass) FROM pg_index WHERE indrelid IN (SELECT oid FROM tables)
    UNION ALL
    SELECT concat_ws('|', 'attribute', attrelid::regclass, attname) FROM pg_attribute
    WHERE attrelid IN (SELECT oid FROM tables) AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT concat_ws('|', 'default', adrelid::regclass, adnum) FROM pg_attrdef WHERE adrelid IN (SELECT oid FROM tables)
    UNION ALL
    SELECT concat_ws('|', 'constraint', conrelid::regclass, contypid::regtype, conname) FROM pg_constraint
    WHERE connamespace IN (SELECT oid FROM namespaces) AND (conrelid = 0 OR conrelid IN (SELECT oid FROM tables))
    UNION ALL
    SELECT concat_ws('|', 'type', oid::regtype) FROM pg_type
    WHERE typnamespace IN (SELECT oid FROM namespaces) AND typrelid = 0 AND typelem = 0
    UNION ALL
    SELECT concat_ws('|', 'enum', enumtypid::regtype, enumlabel) FROM pg_enum
    UNION ALL
    SELECT concat_ws('|', 'function', oid::regprocedure) FROM pg_proc
    WHERE pronamespace IN (SELECT oid FROM namespaces)
    UNION ALL
    SELECT concat_ws('|', 'trigger', tgrelid::regclass, tgname) FROM pg_trigger
    WHERE tgrelid IN (SELECT oid FROM tables) AND NOT tgisinternal
    UNION ALL
    SELECT concat_ws('|', 'rule', ev_class::regclass, rulename) FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM tables)
    UNION ALL
    SELECT concat_ws('|', 'policy', polrelid::regclass, polname) FROM pg_policy WHERE polrelid IN (SELECT oid FROM tables)
    UNION ALL
    SELECT concat_ws('|', 'namespace', nspname) FROM pg_namespace WHERE oid IN (SELECT oid FROM namespaces)
    UNION ALL
    SELECT concat_ws('|', 'comment', pg_describe_object(classoid, objoid, objsubid)) FROM pg_description
    WHERE classoid <> 'pg_class'::regclass AND objoid >= 16384 OR objoid IN (SELECT oid FROM tables)
    UNION ALL
    SELECT concat_ws('|', 'inherits', inhrelid::regclass, inhparent::regclass) FROM pg_inherits
    WHERE inhrelid IN (SELECT oid FROM tables)
    UNION ALL
    SELECT concat_ws('|', 'extension', extname) FROM pg_extension
    UNION ALL
    SELECT concat_ws('|', 'other', classid::regclass, pg_describe_object(classid, oid, 0))
    FROM (SELECT 'pg_cast'::regclass AS classid, oid FROM pg_cast
          UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator
          UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass
          UNION ALL SELECT 'pg_collation'::regclass, oid FROM pg_collation
          UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_publication
          UNION ALL SELECT 'pg_publication_rel'::regclass, oid FROM pg_publication_rel
          UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
          UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
          UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config
          UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict
          UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext
          UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
          UNION ALL SELECT 'pg_language'::regclass, oid FROM pg_language) AS rarer
    WHERE oid >= 16384
)
SELECT encode(sha256(convert_to(coalesce(string_agg(name, E'\n' ORDER BY name COLLATE "C"), ''), 'UTF8')), 'hex') AS digest
FROM names
