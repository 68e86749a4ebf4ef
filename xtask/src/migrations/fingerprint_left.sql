-- A digest of the names of everything that is there: rows that are gone leave no trace, so that after a deletion what is
-- left counts as well.
SELECT encode(sha256(convert_to(coalesce(string_agg(name, E'\n' ORDER BY name COLLATE "C"), ''), 'UTF8')), 'hex') AS digest
FROM (
    SELECT concat_ws('|', 'class', relnamespace::regnamespace, relname) AS name FROM pg_class
    WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace
    UNION ALL
    SELECT concat_ws('|', 'attribute', attrelid::regclass, attname) FROM pg_attribute
    WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND attrelid::regclass::text NOT LIKE 'pg_toast.%'
    UNION ALL
    SELECT concat_ws('|', 'default', adrelid::regclass, adnum) FROM pg_attrdef WHERE oid >= 16384
    UNION ALL
    SELECT concat_ws('|', 'constraint', conrelid::regclass, contypid::regtype, conname) FROM pg_constraint
    WHERE oid >= 16384
    UNION ALL
    SELECT concat_ws('|', 'type', typnamespace::regnamespace, typname) FROM pg_type
    WHERE oid >= 16384 AND typrelid = 0 AND typelem = 0
    UNION ALL
    SELECT concat_ws('|', 'enum', enumtypid::regtype, enumlabel) FROM pg_enum
    UNION ALL
    SELECT concat_ws('|', 'function', oid::regprocedure) FROM pg_proc WHERE oid >= 16384
    UNION ALL
    SELECT concat_ws('|', 'trigger', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT concat_ws('|', 'rule', ev_class::regclass, rulename) FROM pg_rewrite WHERE oid >= 16384
    UNION ALL
    SELECT concat_ws('|', 'policy', polrelid::regclass, polname) FROM pg_policy
    UNION ALL
    SELECT concat_ws('|', 'namespace', nspname) FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL
    SELECT concat_ws('|', 'comment', pg_describe_object(classoid, objoid, objsubid)) FROM pg_description
    WHERE objoid >= 16384
    UNION ALL
    SELECT concat_ws('|', 'inherits', inhrelid::regclass, inhparent::regclass) FROM pg_inherits
    UNION ALL
    SELECT concat_ws('|', 'extension', extname) FROM pg_extension
) AS remaining
