-- At once, as it is what makes hostile messages slow. A search by the release before reads the
-- messages of its chats meanwhile.
DROP INDEX CONCURRENTLY messages_search;
