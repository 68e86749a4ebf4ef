CREATE FUNCTION touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE TRIGGER users_touch_updated_at
    BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TRIGGER user_profiles_touch_updated_at
    BEFORE UPDATE ON user_profiles
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- A view of a page is no change of the bill.
CREATE TRIGGER bills_touch_updated_at
    BEFORE UPDATE ON bills
    FOR EACH ROW WHEN (OLD.view_count = NEW.view_count)
    EXECUTE FUNCTION touch_updated_at();
