-- A former member sees messages as they were when they left.
CREATE TABLE message_versions (
    message_id UUID NOT NULL,
    chat_id UUID NOT NULL,
    until_seq BIGINT NOT NULL,
    state JSONB NOT NULL,
    PRIMARY KEY (message_id, until_seq),
    CONSTRAINT message_versions_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE
);
CREATE INDEX message_versions_chat ON message_versions (chat_id, until_seq);
-- What is deleted for everyone goes from them too.
ALTER TABLE chat_members ADD COLUMN taken_seq BIGINT NOT NULL DEFAULT 0;
