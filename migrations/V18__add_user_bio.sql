ALTER TABLE user_profiles ADD COLUMN bio text;

ALTER TABLE user_profiles
    ADD CONSTRAINT user_profiles_bio_check CHECK (char_length(bio) <= 2000);

COMMENT ON COLUMN user_profiles.bio IS 'Markdown, shown on the profile page';
