-- Row-level security: the application connects as a role that owns nothing and says for whom it acts.

CREATE FUNCTION current_user_id() RETURNS uuid
    LANGUAGE sql
    STABLE
AS $$
    SELECT nullif(current_setting('app.user_id', true), '')::uuid
$$;

ALTER TABLE user_profiles ENABLE ROW LEVEL SECURITY;

CREATE POLICY user_profiles_read ON user_profiles
    FOR SELECT
    USING (anonymity <> 'anonymous' OR user_id = current_user_id());

CREATE POLICY user_profiles_write ON user_profiles
    FOR UPDATE
    USING (user_id = current_user_id())
    WITH CHECK (user_id = current_user_id());

ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;

CREATE POLICY notifications_own ON notifications
    USING (user_id = current_user_id());

ALTER TABLE comments ENABLE ROW LEVEL SECURITY;

CREATE POLICY comments_read ON comments
    FOR SELECT
    USING (status = 'visible' OR author_id = current_user_id());

CREATE POLICY comments_insert ON comments
    FOR INSERT
    WITH CHECK (author_id = current_user_id());

CREATE POLICY comments_update ON comments
    FOR UPDATE
    USING (author_id = current_user_id());

COMMENT ON POLICY comments_read ON comments IS 'Hidden comments stay readable for who wrote them';
