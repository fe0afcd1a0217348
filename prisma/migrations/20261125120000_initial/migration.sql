-- Similarity search over names.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Shared by all services

CREATE TABLE server_state (
    only_row BOOLEAN NOT NULL DEFAULT true,
    epoch UUID NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (only_row),
    CONSTRAINT server_state_one_row CHECK (only_row)
);

CREATE TABLE outbox (
    id BIGSERIAL NOT NULL,
    topic VARCHAR(40) NOT NULL,
    key UUID,
    payload JSONB NOT NULL DEFAULT '{}',
    request_id UUID,
    attempts SMALLINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    available_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    locked_until TIMESTAMPTZ(3),
    done_at TIMESTAMPTZ(3),
    dead_at TIMESTAMPTZ(3),
    last_error TEXT,
    PRIMARY KEY (id),
    CONSTRAINT outbox_attempts CHECK (attempts >= 0)
);
CREATE INDEX outbox_pending ON outbox (topic, available_at) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_created ON outbox USING brin (created_at);

CREATE TABLE audit_log (
    id BIGSERIAL NOT NULL,
    actor VARCHAR(80) NOT NULL,
    action VARCHAR(80) NOT NULL,
    target VARCHAR(80),
    detail JSONB NOT NULL DEFAULT '{}',
    request_id UUID,
    at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (id)
);
CREATE INDEX audit_log_target ON audit_log (target, at);

-- People

CREATE TABLE users (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    firebase_uid VARCHAR(255) NOT NULL,
    phone_number VARCHAR(20) NOT NULL,
    name VARCHAR(255) NOT NULL,
    about TEXT DEFAULT 'Hey there! I am using Taar.',
    avatar_url VARCHAR(500),
    last_seen TIMESTAMPTZ(3),
    is_online BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (id),
    CONSTRAINT users_name_length CHECK (char_length(name) <= 64),
    CONSTRAINT users_about_length CHECK (char_length(about) <= 140)
);
CREATE UNIQUE INDEX users_firebase_uid_key ON users (firebase_uid);
CREATE UNIQUE INDEX users_phone_number_key ON users (phone_number);
CREATE INDEX users_name_trgm ON users USING gin (name gin_trgm_ops);

CREATE TABLE user_state (
    user_id UUID NOT NULL,
    user_ver BIGINT NOT NULL DEFAULT 0,
    suspended_at TIMESTAMPTZ(3),
    deleted_at TIMESTAMPTZ(3),
    erase_after TIMESTAMPTZ(3),
    PRIMARY KEY (user_id),
    CONSTRAINT user_state_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX user_state_erase ON user_state (erase_after) WHERE erase_after IS NOT NULL;

CREATE TABLE user_settings (
    user_id UUID NOT NULL,
    last_seen_audience VARCHAR(20) NOT NULL DEFAULT 'everyone',
    online_audience VARCHAR(20) NOT NULL DEFAULT 'everyone',
    avatar_audience VARCHAR(20) NOT NULL DEFAULT 'everyone',
    about_audience VARCHAR(20) NOT NULL DEFAULT 'everyone',
    groups_audience VARCHAR(20) NOT NULL DEFAULT 'everyone',
    status_audience VARCHAR(20) NOT NULL DEFAULT 'contacts',
    read_receipts BOOLEAN NOT NULL DEFAULT true,
    discoverable BOOLEAN NOT NULL DEFAULT true,
    notif_preview VARCHAR(10) NOT NULL DEFAULT 'full',
    updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id),
    CONSTRAINT user_settings_audiences CHECK (
        last_seen_audience IN ('everyone', 'contacts', 'contacts_except', 'nobody')
        AND avatar_audience IN ('everyone', 'contacts', 'contacts_except', 'nobody')
        AND about_audience IN ('everyone', 'contacts', 'contacts_except', 'nobody')
        AND groups_audience IN ('everyone', 'contacts', 'contacts_except', 'nobody')
        AND online_audience IN ('everyone', 'same_as_last_seen')
        AND status_audience IN ('contacts', 'contacts_except', 'only')
    ),
    CONSTRAINT user_settings_notif_preview CHECK (notif_preview IN ('full', 'sender', 'none')),
    CONSTRAINT user_settings_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE privacy_exceptions (
    user_id UUID NOT NULL,
    field VARCHAR(20) NOT NULL,
    other_id UUID NOT NULL,
    PRIMARY KEY (user_id, field, other_id),
    CONSTRAINT privacy_exceptions_field CHECK (field IN ('last_seen', 'avatar', 'about', 'groups', 'status')),
    CONSTRAINT privacy_exceptions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT privacy_exceptions_other_id_fkey FOREIGN KEY (other_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX privacy_exceptions_other ON privacy_exceptions (other_id);

CREATE TABLE contacts (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    owner_id UUID NOT NULL,
    phone_hash BYTEA NOT NULL,
    user_id UUID,
    name VARCHAR(255) NOT NULL,
    phone_cipher BYTEA,
    favorite BOOLEAN NOT NULL DEFAULT false,
    user_ver BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (owner_id, phone_hash),
    CONSTRAINT contacts_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT contacts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX contacts_phone ON contacts (phone_hash);
CREATE INDEX contacts_user ON contacts (user_id);
CREATE INDEX contacts_owner_user ON contacts (owner_id, user_id);
CREATE INDEX contacts_name ON contacts (owner_id, name);
CREATE INDEX contacts_ver ON contacts (owner_id, user_ver);

CREATE TABLE lookup_budgets (
    user_id UUID NOT NULL,
    kind VARCHAR(10) NOT NULL,
    day DATE NOT NULL,
    spent INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind),
    CONSTRAINT lookup_budgets_kind CHECK (kind IN ('contacts', 'search')),
    CONSTRAINT lookup_budgets_spent CHECK (spent >= 0),
    CONSTRAINT lookup_budgets_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE blocks (
    blocker_id UUID NOT NULL,
    blocked_id UUID NOT NULL,
    user_ver BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (blocker_id, blocked_id),
    CONSTRAINT blocks_not_oneself CHECK (blocker_id <> blocked_id),
    CONSTRAINT blocks_blocker_id_fkey FOREIGN KEY (blocker_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX blocks_blocked ON blocks (blocked_id);

CREATE TABLE user_removals (
    user_id UUID NOT NULL,
    kind VARCHAR(10) NOT NULL,
    ref VARCHAR(64) NOT NULL,
    user_ver BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind, ref),
    CONSTRAINT user_removals_kind CHECK (kind IN ('star', 'block', 'contact')),
    CONSTRAINT user_removals_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX user_removals_ver ON user_removals (user_id, user_ver);

CREATE TABLE reports (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    reporter_id UUID NOT NULL,
    target_type VARCHAR(10) NOT NULL,
    target_id UUID NOT NULL,
    chat_id UUID,
    reason VARCHAR(40) NOT NULL,
    note TEXT,
    evidence JSONB NOT NULL DEFAULT '[]',
    state VARCHAR(10) NOT NULL DEFAULT 'open',
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    closed_at TIMESTAMPTZ(3),
    PRIMARY KEY (id),
    CONSTRAINT reports_target_type CHECK (target_type IN ('user', 'message', 'chat', 'status')),
    CONSTRAINT reports_state_known CHECK (state IN ('open', 'acted', 'dismissed')),
    CONSTRAINT reports_reporter_id_fkey FOREIGN KEY (reporter_id) REFERENCES users (id)
);
CREATE INDEX reports_reporter ON reports (reporter_id);
CREATE INDEX reports_state ON reports (state, created_at);

CREATE TABLE data_exports (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    state VARCHAR(10) NOT NULL DEFAULT 'pending',
    media_id UUID,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    ready_at TIMESTAMPTZ(3),
    expires_at TIMESTAMPTZ(3),
    PRIMARY KEY (id),
    CONSTRAINT data_exports_state CHECK (state IN ('pending', 'running', 'ready', 'failed')),
    CONSTRAINT data_exports_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX data_exports_user ON data_exports (user_id);

CREATE TABLE erasure_jobs (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    delete_messages BOOLEAN NOT NULL DEFAULT false,
    state VARCHAR(10) NOT NULL DEFAULT 'pending',
    step VARCHAR(40),
    started_at TIMESTAMPTZ(3),
    finished_at TIMESTAMPTZ(3),
    report JSONB NOT NULL DEFAULT '{}',
    PRIMARY KEY (id),
    CONSTRAINT erasure_jobs_state CHECK (state IN ('pending', 'running', 'done', 'failed')),
    CONSTRAINT erasure_jobs_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX erasure_jobs_user ON erasure_jobs (user_id);

-- Sign-in

CREATE TABLE sessions (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    device_id UUID NOT NULL,
    platform VARCHAR(16) NOT NULL,
    model VARCHAR(100),
    app_version VARCHAR(32),
    locale VARCHAR(35),
    ip INET,
    generation INTEGER NOT NULL DEFAULT 1,
    used_gen INTEGER NOT NULL DEFAULT 0,
    salt BYTEA NOT NULL,
    push_token TEXT,
    push_provider VARCHAR(16),
    push_updated_at TIMESTAMPTZ(3),
    push_failed_at TIMESTAMPTZ(3),
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    last_used_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    expires_at TIMESTAMPTZ(3) NOT NULL,
    revoked_at TIMESTAMPTZ(3),
    revoke_reason VARCHAR(40),
    PRIMARY KEY (id),
    CONSTRAINT sessions_generations CHECK (used_gen BETWEEN 0 AND generation),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX sessions_push_token ON sessions (push_token);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE UNIQUE INDEX sessions_device ON sessions (user_id, device_id) WHERE revoked_at IS NULL;

CREATE TABLE otp_requests (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    phone_hash BYTEA NOT NULL,
    prefix VARCHAR(8) NOT NULL,
    device_id UUID NOT NULL,
    ip INET,
    provider VARCHAR(16) NOT NULL,
    provider_session_cipher BYTEA,
    attempts SMALLINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    expires_at TIMESTAMPTZ(3) NOT NULL,
    verified_at TIMESTAMPTZ(3),
    firebase_uid VARCHAR(255),
    code_hash BYTEA,
    consumed_at TIMESTAMPTZ(3),
    session_id UUID,
    PRIMARY KEY (id),
    CONSTRAINT otp_requests_attempts CHECK (attempts >= 0)
);
CREATE INDEX otp_requests_phone ON otp_requests (phone_hash, created_at);
CREATE INDEX otp_requests_ip ON otp_requests (ip, created_at);
CREATE INDEX otp_requests_device ON otp_requests (device_id, created_at);
CREATE INDEX otp_requests_created ON otp_requests USING brin (created_at);

CREATE TABLE otp_prefix_stats (
    prefix VARCHAR(8) NOT NULL,
    bucket TIMESTAMPTZ(3) NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,
    verified INTEGER NOT NULL DEFAULT 0,
    cost_micros BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (prefix, bucket)
);

CREATE TABLE user_pins (
    user_id UUID NOT NULL,
    hash TEXT NOT NULL,
    tries SMALLINT NOT NULL DEFAULT 0,
    locked_until TIMESTAMPTZ(3),
    updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id),
    CONSTRAINT user_pins_tries CHECK (tries >= 0),
    CONSTRAINT user_pins_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Chats

-- Room on every page lets the counters, which no index covers, be updated in place.
CREATE TABLE chats (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    name VARCHAR(255),
    description TEXT,
    is_group BOOLEAN NOT NULL DEFAULT false,
    avatar_url VARCHAR(500),
    created_by UUID,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    direct_key VARCHAR(80),
    last_seq BIGINT NOT NULL DEFAULT 0,
    change_seq BIGINT NOT NULL DEFAULT 0,
    member_epoch INTEGER NOT NULL DEFAULT 0,
    member_count INTEGER NOT NULL DEFAULT 0,
    last_message_at TIMESTAMPTZ(3),
    last_change_at TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    settings JSONB NOT NULL DEFAULT '{}',
    closed_at TIMESTAMPTZ(3),
    idempotency_key UUID,
    idempotency_hash BYTEA,
    PRIMARY KEY (id),
    CONSTRAINT chats_direct_key_unless_group CHECK (is_group = (direct_key IS NULL)),
    CONSTRAINT chats_direct_has_no_name CHECK (is_group OR name IS NULL),
    CONSTRAINT chats_description_length CHECK (char_length(description) <= 2048),
    CONSTRAINT chats_numbers CHECK (last_seq >= 0 AND change_seq >= last_seq),
    CONSTRAINT chats_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX chats_direct ON chats (direct_key);
CREATE UNIQUE INDEX chats_idempotency ON chats (created_by, idempotency_key);

-- The watermarks move all the time: room on every page, and no index on them, keeps that in place.
CREATE TABLE chat_members (
    chat_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role VARCHAR(10) NOT NULL DEFAULT 'member',
    joined_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    joined_seq BIGINT NOT NULL,
    left_at TIMESTAMPTZ(3),
    left_seq BIGINT,
    removed_by UUID,
    last_delivered_seq BIGINT NOT NULL DEFAULT 0,
    last_read_seq BIGINT NOT NULL DEFAULT 0,
    last_delivered_at TIMESTAMPTZ(3),
    last_read_at TIMESTAMPTZ(3),
    marked_unread BOOLEAN NOT NULL DEFAULT false,
    muted_until TIMESTAMPTZ(3),
    pinned_at TIMESTAMPTZ(3),
    archived_at TIMESTAMPTZ(3),
    cleared_before_seq BIGINT NOT NULL DEFAULT 0,
    hidden_at TIMESTAMPTZ(3),
    user_ver BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (chat_id, user_id),
    CONSTRAINT chat_members_role CHECK (role IN ('owner', 'admin', 'member')),
    CONSTRAINT chat_members_left CHECK ((left_at IS NULL) = (left_seq IS NULL)),
    CONSTRAINT chat_members_joined_seq CHECK (joined_seq > 0),
    CONSTRAINT chat_members_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE CASCADE,
    CONSTRAINT chat_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
) WITH (fillfactor = 80);
CREATE INDEX chat_members_user ON chat_members (user_id, left_at, pinned_at);
CREATE INDEX chat_members_ver ON chat_members (user_id, user_ver);

CREATE TABLE member_spans (
    chat_id UUID NOT NULL,
    user_id UUID NOT NULL,
    joined_seq BIGINT NOT NULL,
    left_seq BIGINT NOT NULL,
    PRIMARY KEY (chat_id, user_id, joined_seq),
    CONSTRAINT member_spans_range CHECK (joined_seq > 0 AND left_seq >= joined_seq - 1),
    CONSTRAINT member_spans_chat_id_user_id_fkey FOREIGN KEY (chat_id, user_id) REFERENCES chat_members (chat_id, user_id) ON DELETE CASCADE
);

CREATE TABLE chat_invites (
    token_hash BYTEA NOT NULL,
    chat_id UUID NOT NULL,
    created_by UUID NOT NULL,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    expires_at TIMESTAMPTZ(3),
    max_uses INTEGER,
    uses INTEGER NOT NULL DEFAULT 0,
    revoked_at TIMESTAMPTZ(3),
    PRIMARY KEY (token_hash),
    CONSTRAINT chat_invites_uses CHECK (uses >= 0 AND uses <= max_uses),
    CONSTRAINT chat_invites_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE CASCADE,
    CONSTRAINT chat_invites_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id)
);
CREATE INDEX chat_invites_chat ON chat_invites (chat_id);
CREATE INDEX chat_invites_creator ON chat_invites (created_by);

CREATE TABLE push_attempts (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    message_id UUID,
    user_id UUID NOT NULL,
    session_id UUID,
    state VARCHAR(12) NOT NULL,
    provider_id VARCHAR(255),
    error VARCHAR(255),
    at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (id),
    CONSTRAINT push_attempts_state CHECK (state IN ('queued', 'skipped', 'accepted', 'failed', 'device_ack'))
);
CREATE INDEX push_attempts_message ON push_attempts (message_id);
CREATE INDEX push_attempts_user ON push_attempts (user_id, at);
CREATE INDEX push_attempts_at ON push_attempts USING brin (at);

-- Messages

CREATE TABLE messages (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    chat_id UUID NOT NULL,
    sender_id UUID,
    content TEXT,
    message_type VARCHAR(20) NOT NULL DEFAULT 'text',
    media_url VARCHAR(500),
    reply_to_id UUID,
    is_forwarded BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    seq BIGINT NOT NULL,
    change_seq BIGINT NOT NULL,
    client_message_id UUID,
    payload_hash BYTEA,
    media_id UUID,
    metadata JSONB NOT NULL DEFAULT '{}',
    forward_count SMALLINT NOT NULL DEFAULT 0,
    reply_to_status_id UUID,
    visible_to UUID,
    edited_at TIMESTAMPTZ(3),
    deleted_at TIMESTAMPTZ(3),
    deleted_by UUID,
    expires_at TIMESTAMPTZ(3),
    PRIMARY KEY (id),
    CONSTRAINT messages_numbers CHECK (seq > 0 AND change_seq >= seq),
    CONSTRAINT messages_content_length CHECK (char_length(content) <= 8192),
    CONSTRAINT messages_type CHECK (message_type IN (
        'text', 'image', 'video', 'audio', 'voice', 'document', 'location', 'contact', 'system'
    )),
    CONSTRAINT messages_forward_count CHECK (forward_count >= 0),
    CONSTRAINT messages_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE CASCADE,
    CONSTRAINT messages_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES users (id),
    CONSTRAINT messages_reply_to_id_fkey FOREIGN KEY (reply_to_id) REFERENCES messages (id)
);
CREATE INDEX messages_chat_change ON messages (chat_id, change_seq);
CREATE INDEX messages_unread ON messages (chat_id, seq) WHERE deleted_at IS NULL AND message_type <> 'system';
CREATE INDEX messages_expiry ON messages (expires_at) WHERE expires_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX messages_media ON messages (media_id) WHERE media_id IS NOT NULL;
CREATE INDEX messages_reply ON messages (reply_to_id) WHERE reply_to_id IS NOT NULL;
CREATE UNIQUE INDEX messages_chat_seq ON messages (chat_id, seq);
CREATE UNIQUE INDEX messages_sender_client ON messages (sender_id, client_message_id) WHERE client_message_id IS NOT NULL;
CREATE INDEX messages_search ON messages USING gin (to_tsvector('simple', coalesce(content, '')));

CREATE TABLE message_receipts (
    chat_id UUID NOT NULL,
    user_id UUID NOT NULL,
    kind CHAR(1) NOT NULL,
    up_to_seq BIGINT NOT NULL,
    at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (chat_id, user_id, kind, up_to_seq),
    CONSTRAINT message_receipts_kind CHECK (kind IN ('d', 'r')),
    CONSTRAINT message_receipts_chat_id_user_id_fkey FOREIGN KEY (chat_id, user_id) REFERENCES chat_members (chat_id, user_id) ON DELETE CASCADE
);
CREATE INDEX message_receipts_at ON message_receipts USING brin (at);

CREATE TABLE message_reactions (
    message_id UUID NOT NULL,
    user_id UUID NOT NULL,
    chat_id UUID NOT NULL,
    emoji VARCHAR(16) NOT NULL,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (message_id, user_id),
    CONSTRAINT message_reactions_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE,
    CONSTRAINT message_reactions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX message_reactions_chat ON message_reactions (chat_id);
CREATE INDEX message_reactions_user ON message_reactions (user_id);

CREATE TABLE message_stars (
    user_id UUID NOT NULL,
    message_id UUID NOT NULL,
    chat_id UUID NOT NULL,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    user_ver BIGINT NOT NULL,
    PRIMARY KEY (user_id, message_id),
    CONSTRAINT message_stars_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT message_stars_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE
);
CREATE INDEX message_stars_ver ON message_stars (user_id, user_ver);
CREATE INDEX message_stars_message ON message_stars (message_id);

CREATE TABLE message_hidden (
    user_id UUID NOT NULL,
    message_id UUID NOT NULL,
    chat_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    user_ver BIGINT NOT NULL,
    PRIMARY KEY (user_id, message_id),
    CONSTRAINT message_hidden_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT message_hidden_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE
);
CREATE INDEX message_hidden_seq ON message_hidden (user_id, chat_id, seq);
CREATE INDEX message_hidden_ver ON message_hidden (user_id, user_ver);
CREATE INDEX message_hidden_message ON message_hidden (message_id);

CREATE TABLE message_pins (
    chat_id UUID NOT NULL,
    message_id UUID NOT NULL,
    pinned_by UUID NOT NULL,
    pinned_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (chat_id, message_id),
    CONSTRAINT message_pins_chat_id_fkey FOREIGN KEY (chat_id) REFERENCES chats (id) ON DELETE CASCADE,
    CONSTRAINT message_pins_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE
);
CREATE INDEX message_pins_message ON message_pins (message_id);

CREATE TABLE message_mentions (
    message_id UUID NOT NULL,
    user_id UUID NOT NULL,
    chat_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (message_id, user_id),
    CONSTRAINT message_mentions_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE,
    CONSTRAINT message_mentions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX message_mentions_seq ON message_mentions (user_id, chat_id, seq);

CREATE TABLE message_edits (
    message_id UUID NOT NULL,
    version INTEGER NOT NULL,
    content TEXT,
    edited_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (message_id, version),
    CONSTRAINT message_edits_version CHECK (version > 0),
    CONSTRAINT message_edits_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages (id) ON DELETE CASCADE
);
CREATE INDEX message_edits_at ON message_edits USING brin (edited_at);

-- Media

CREATE TABLE media (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    owner_id UUID NOT NULL,
    purpose VARCHAR(12) NOT NULL,
    state VARCHAR(12) NOT NULL DEFAULT 'pending',
    bucket_key VARCHAR(255) NOT NULL,
    mime_type VARCHAR(127) NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 BYTEA,
    width INTEGER,
    height INTEGER,
    duration_ms INTEGER,
    blurhash VARCHAR(64),
    file_name VARCHAR(255),
    variants JSONB NOT NULL DEFAULT '{}',
    upload_id TEXT,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    ready_at TIMESTAMPTZ(3),
    deleted_at TIMESTAMPTZ(3),
    PRIMARY KEY (id),
    CONSTRAINT media_purpose CHECK (purpose IN ('message', 'avatar', 'status', 'group_avatar', 'export')),
    CONSTRAINT media_state_known CHECK (state IN ('pending', 'processing', 'ready', 'failed', 'deleted')),
    CONSTRAINT media_size CHECK (size_bytes >= 0),
    CONSTRAINT media_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id)
);
CREATE UNIQUE INDEX media_bucket_key ON media (bucket_key);
CREATE INDEX media_owner ON media (owner_id, created_at);
CREATE INDEX media_owner_hash ON media (owner_id, sha256);
CREATE INDEX media_state ON media (state, created_at);

CREATE TABLE media_links (
    media_id UUID NOT NULL,
    kind VARCHAR(12) NOT NULL,
    ref_id UUID NOT NULL,
    chat_id UUID,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (media_id, kind, ref_id),
    CONSTRAINT media_links_kind CHECK (kind IN ('message', 'status', 'avatar', 'group_avatar', 'export')),
    CONSTRAINT media_links_media_id_fkey FOREIGN KEY (media_id) REFERENCES media (id)
);
CREATE INDEX media_links_ref ON media_links (ref_id);
CREATE INDEX media_links_chat ON media_links (chat_id) WHERE chat_id IS NOT NULL;

-- Status

CREATE TABLE statuses (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    client_status_id UUID NOT NULL,
    payload_hash BYTEA,
    type VARCHAR(10) NOT NULL,
    text TEXT,
    background VARCHAR(32),
    media_id UUID,
    audience_mode VARCHAR(20) NOT NULL,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    expires_at TIMESTAMPTZ(3) NOT NULL DEFAULT (now() + '24:00:00'::interval),
    deleted_at TIMESTAMPTZ(3),
    PRIMARY KEY (id),
    CONSTRAINT statuses_type CHECK (type IN ('text', 'image', 'video')),
    CONSTRAINT statuses_text_length CHECK (char_length(text) <= 700),
    CONSTRAINT statuses_audience_mode CHECK (audience_mode IN ('contacts', 'contacts_except', 'only')),
    CONSTRAINT statuses_expiry_after_start CHECK (expires_at > created_at),
    CONSTRAINT statuses_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT statuses_media_id_fkey FOREIGN KEY (media_id) REFERENCES media (id)
);
CREATE INDEX statuses_live ON statuses (user_id, expires_at);
CREATE INDEX statuses_expiry ON statuses (expires_at);
CREATE INDEX statuses_media ON statuses (media_id) WHERE media_id IS NOT NULL;
CREATE UNIQUE INDEX statuses_client ON statuses (user_id, client_status_id);

CREATE TABLE status_audience (
    viewer_id UUID NOT NULL,
    status_id UUID NOT NULL,
    owner_id UUID NOT NULL,
    expires_at TIMESTAMPTZ(3) NOT NULL,
    PRIMARY KEY (viewer_id, status_id),
    CONSTRAINT status_audience_status_id_fkey FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE
);
CREATE INDEX status_audience_live ON status_audience (viewer_id, expires_at);
CREATE INDEX status_audience_status ON status_audience (status_id);

CREATE TABLE status_views (
    status_id UUID NOT NULL,
    viewer_id UUID NOT NULL,
    viewed_at TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (status_id, viewer_id),
    CONSTRAINT status_views_status_id_fkey FOREIGN KEY (status_id) REFERENCES statuses (id) ON DELETE CASCADE,
    CONSTRAINT status_views_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX status_views_viewer ON status_views (viewer_id);

CREATE TABLE status_mutes (
    user_id UUID NOT NULL,
    muted_id UUID NOT NULL,
    PRIMARY KEY (user_id, muted_id),
    CONSTRAINT status_mutes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT status_mutes_muted_id_fkey FOREIGN KEY (muted_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX status_mutes_muted ON status_mutes (muted_id);

INSERT INTO server_state DEFAULT VALUES;

-- updated_at comes from the database's clock whoever writes.
CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

-- Presence is no change of the profile.
CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW
WHEN ((OLD.name, OLD.about, OLD.avatar_url, OLD.phone_number)
    IS DISTINCT FROM (NEW.name, NEW.about, NEW.avatar_url, NEW.phone_number))
EXECUTE FUNCTION touch_updated_at();

CREATE TRIGGER user_settings_touch BEFORE UPDATE ON user_settings FOR EACH ROW
EXECUTE FUNCTION touch_updated_at();

CREATE TRIGGER user_pins_touch BEFORE UPDATE ON user_pins FOR EACH ROW
EXECUTE FUNCTION touch_updated_at();

CREATE TRIGGER contacts_touch BEFORE UPDATE ON contacts FOR EACH ROW
EXECUTE FUNCTION touch_updated_at();
