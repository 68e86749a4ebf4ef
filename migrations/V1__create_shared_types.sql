-- Types that more than one table uses.

CREATE TYPE user_role AS ENUM ('citizen', 'expert', 'moderator', 'admin');

CREATE TYPE chamber AS ENUM ('national_assembly', 'senate');

CREATE TYPE notification_channel AS ENUM ('email', 'sms', 'push');

CREATE DOMAIN email_address AS varchar(254)
    CONSTRAINT email_address_check CHECK (VALUE ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$');

COMMENT ON DOMAIN email_address IS 'An address that mail can be sent to; not yet verified';
