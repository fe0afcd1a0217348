-- Of a group's members those who left: asked for with every change of a message.
CREATE INDEX CONCURRENTLY chat_members_left ON chat_members (chat_id, left_seq) WHERE left_at IS NOT NULL;
