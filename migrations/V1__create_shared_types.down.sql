DROP DOMAIN email_address;
DROP TYPE notification_channel;
DROP TYPE chamber;
DROP TYPE user_role;
