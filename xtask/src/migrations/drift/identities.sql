-- Each object that a migrated one can change by what PostgreSQL does by itself: its names as the model of the schema has them,
-- its row in the catalogs, and what it refers to. A view is its rule.
WITH relation AS (
    SELECT c.oid, n.nspname, c.relname,
           CASE WHEN c.relkind IN ('v', 'm') THEN 'view' WHEN c.relkind = 'S' THEN 'sequence' ELSE 'table' END AS kind
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'),
object (kind, namespace, name, part_kind, part_namespace, part, class, id, sub, relation, version) AS (
    SELECT r.kind, r.nspname, r.relname, NULL, NULL::name, NULL::text, 'pg_class'::regclass, r.oid, 0, r.oid,
           coalesce(w.xmin::text, s.xmin::text)
    FROM relation AS r
    LEFT JOIN pg_rewrite AS w ON w.ev_class = r.oid AND w.rulename = '_RETURN'
    LEFT JOIN pg_sequence AS s ON s.seqrelid = r.oid
    UNION ALL
    SELECT r.kind, r.nspname, r.relname, 'column', NULL, a.attname, 'pg_class', r.oid, a.attnum, r.oid,
           concat_ws(' ', a.xmin, d.xmin)
    FROM relation AS r
    JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = r.oid AND d.adnum = a.attnum
    WHERE r.kind <> 'sequence'
    UNION ALL
    SELECT r.kind, r.nspname, r.relname, 'constraint', NULL, k.conname, 'pg_constraint', k.oid, 0, r.oid, k.xmin::text
    FROM relation AS r JOIN pg_constraint AS k ON k.conrelid = r.oid
    UNION ALL
    SELECT r.kind, r.nspname, r.relname, 'index', NULL, x.relname, 'pg_class', x.oid, 0, r.oid, i.xmin::text
    FROM relation AS r JOIN pg_index AS i ON i.indrelid = r.oid JOIN pg_class AS x ON x.oid = i.indexrelid
    UNION ALL
    SELECT r.kind, r.nspname, r.relname, 'statistics', n.nspname, s.stxname, 'pg_statistic_ext', s.oid, 0, r.oid,
           s.xmin::text
    FROM relation AS r JOIN pg_statistic_ext AS s ON s.stxrelid = r.oid JOIN pg_namespace AS n ON n.oid = s.stxnamespace
    UNION ALL
    SELECT r.kind, r.nspname, r.relname, 'trigger', NULL, g.tgname, 'pg_trigger', g.oid, 0, r.oid, g.xmin::text
    FROM relation AS r JOIN pg_trigger AS g ON g.tgrelid = r.oid AND NOT g.tgisinternal
    UNION ALL
    SELECT r.kind, r.nspname, r.relname, 'policy', NULL, p.polname, 'pg_policy', p.oid, 0, r.oid, p.xmin::text
    FROM relation AS r JOIN pg_policy AS p ON p.polrelid = r.oid
    UNION ALL
    SELECT r.kind, r.nspname, r.relname, 'rule', NULL, w.rulename, 'pg_rewrite', w.oid, 0, r.oid, w.xmin::text
    FROM relation AS r JOIN pg_rewrite AS w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'routine', n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', NULL, NULL, NULL,
           'pg_proc', p.oid, 0, NULL, p.xmin::text
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    UNION ALL
    SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type' ELSE 'composite type' END,
           n.nspname, t.typname, NULL, NULL, NULL, 'pg_type', t.oid, 0, NULL, t.xmin::text
    FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace LEFT JOIN pg_class AS c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    UNION ALL
    SELECT 'publication', NULL, p.pubname, NULL, NULL, NULL, 'pg_publication', p.oid, 0, NULL,
           concat_ws(' ', p.xmin, (SELECT string_agg(r.xmin::text, ' ' ORDER BY r.oid) FROM pg_publication_rel AS r
                                   WHERE r.prpubid = p.oid))
    FROM pg_publication AS p)
SELECT o.kind, o.namespace::text, o.name::text, o.part_kind, o.part_namespace::text, o.part,
       concat_ws('.', o.class::oid, o.id, o.sub) AS id, coalesce(o.version, '') AS version,
       ARRAY(
           SELECT concat_ws('.', d.refclassid, d.refobjid, d.refobjsubid) FROM pg_depend AS d
           WHERE (d.classid, d.objid, d.objsubid) = (o.class::oid, o.id, o.sub)
           UNION
           SELECT concat_ws('.', d.refclassid, d.refobjid, d.refobjsubid)
           FROM pg_rewrite AS w JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
           WHERE o.kind = 'view' AND o.part_kind IS NULL AND w.ev_class = o.id AND d.refobjid <> o.id
           UNION
           SELECT concat_ws('.', 'pg_class'::regclass::oid, p.attrelid, p.attnum)
           FROM pg_inherits AS h JOIN pg_attribute AS p ON p.attrelid = h.inhparent AND p.attname = o.part
           WHERE o.part_kind = 'column' AND h.inhrelid = o.relation
           UNION
           SELECT concat_ws('.', 'pg_constraint'::regclass::oid, p.oid, 0)
           FROM pg_inherits AS h JOIN pg_constraint AS p ON p.conrelid = h.inhparent AND p.conname = o.part
           WHERE o.part_kind = 'constraint' AND h.inhrelid = o.relation
           UNION
           SELECT concat_ws('.', 'pg_class'::regclass::oid, r.prrelid, 0) FROM pg_publication_rel AS r
           WHERE o.kind = 'publication' AND r.prpubid = o.id
           ORDER BY 1) AS refers_to
FROM object AS o
ORDER BY o.kind, o.namespace, o.name, o.part_kind, o.part_namespace, o.part
