DROP TABLE user_profiles;
DROP TYPE anonymity_level;
