DROP TRIGGER bills_touch_updated_at ON bills;
DROP TRIGGER user_profiles_touch_updated_at ON user_profiles;
DROP TRIGGER users_touch_updated_at ON users;
DROP FUNCTION touch_updated_at();
