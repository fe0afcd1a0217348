-- A refresh that came before its successor was used is no reuse, however late it is looked at.
ALTER TABLE sessions ADD COLUMN used_at TIMESTAMPTZ(3);
