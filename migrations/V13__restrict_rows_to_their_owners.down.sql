DROP POLICY comments_update ON comments;
DROP POLICY comments_insert ON comments;
DROP POLICY comments_read ON comments;
ALTER TABLE comments DISABLE ROW LEVEL SECURITY;

DROP POLICY notifications_own ON notifications;
ALTER TABLE notifications DISABLE ROW LEVEL SECURITY;

DROP POLICY user_profiles_write ON user_profiles;
DROP POLICY user_profiles_read ON user_profiles;
ALTER TABLE user_profiles DISABLE ROW LEVEL SECURITY;

DROP FUNCTION current_user_id();
