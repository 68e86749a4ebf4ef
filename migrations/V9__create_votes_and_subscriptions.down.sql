DROP TABLE subscriptions;
DROP TABLE votes;
DROP TYPE vote_position;
