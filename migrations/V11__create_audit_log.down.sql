DROP TRIGGER bills_record_change ON bills;
DROP FUNCTION record_change();
DROP TABLE audit_log;
