-- What a client says of a trace beside its spans, and may say again: a later row of the same key replaces the earlier one, reads say FINAL.
-- The order is that of questions ("which traces have this tag, belong to this experiment"); those of one trace are found by the index.
CREATE TABLE IF NOT EXISTS trace_properties
(
    project_id LowCardinality(String) DEFAULT 'default',
    kind       Enum8('INFO' = 1, 'TAG' = 2, 'METADATA' = 3, 'RUN' = 4, 'PROMPT' = 5),
    key        String,
    trace_id   FixedString(32),
    value      String CODEC(ZSTD(3)),
    version    UInt64 CODEC(ZSTD(1)),
    is_deleted UInt8 DEFAULT 0,
    INDEX ix_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (project_id, kind, key, trace_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- Where an assessment's error came from, as its maker's language shows it.
ALTER TABLE assessments ADD COLUMN IF NOT EXISTS error_stack String CODEC(ZSTD(3)) AFTER error_message;
