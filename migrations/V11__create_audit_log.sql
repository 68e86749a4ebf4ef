CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor_id uuid REFERENCES users (id) ON DELETE SET NULL,
    action text NOT NULL,
    table_name varchar(63) NOT NULL,
    row_id text NOT NULL,
    old_row jsonb,
    new_row jsonb,
    ip_address inet,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_log_action_check CHECK (action IN ('insert', 'update', 'delete')),
    CONSTRAINT audit_log_rows_check CHECK (old_row IS NOT NULL OR new_row IS NOT NULL)
);

CREATE INDEX audit_log_row_idx ON audit_log (table_name, row_id, occurred_at DESC);
CREATE INDEX audit_log_occurred_idx ON audit_log USING brin (occurred_at);

-- The application names the person behind a change: SET LOCAL app.user_id = '…'.
CREATE FUNCTION record_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
    INSERT INTO audit_log (actor_id, action, table_name, row_id, old_row, new_row)
    VALUES (
        nullif(current_setting('app.user_id', true), '')::uuid,
        lower(TG_OP),
        TG_TABLE_NAME,
        coalesce(new_row, old_row) ->> 'id',
        old_row,
        new_row
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER bills_record_change
    AFTER INSERT OR UPDATE OR DELETE ON bills
    FOR EACH ROW EXECUTE FUNCTION record_change();

COMMENT ON FUNCTION record_change() IS 'Writes each change of a row to audit_log';
COMMENT ON COLUMN audit_log.row_id IS 'The primary key as text, whatever its type';
