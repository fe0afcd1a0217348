-- What joins words is a space to search: of long chains of such joints PostgreSQL tries every part
-- as a host, a path or a tag to its end, and a single message of 8,192 characters takes half a second.
CREATE INDEX CONCURRENTLY messages_words ON messages USING gin (to_tsvector('simple', translate(coalesce(content, ''), '<-_/~.', '      ')));
