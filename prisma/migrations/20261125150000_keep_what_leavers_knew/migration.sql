-- A former member sees a group as it was when they left.
ALTER TABLE chat_members ADD COLUMN left_view JSONB;
