DROP TABLE comment_reports;
DROP TABLE comments;
DROP TYPE comment_status;
