-- To its sender a chat moves up by what a block swallowed too.
CREATE INDEX messages_swallowed ON messages (visible_to, chat_id, created_at) WHERE visible_to IS NOT NULL;
