-- Facts about spans: one wide, append-only row a span. Identifiers are lower-case hexadecimal text, so that rows travel as JSON
-- from the request to the table without being decoded in between. Unknown numbers are NULL, never zero.
CREATE TABLE IF NOT EXISTS spans
(
    project_id         LowCardinality(String) DEFAULT 'default',
    trace_id           FixedString(32),
    span_id            FixedString(16),
    parent_span_id     String CODEC(ZSTD(1)),
    start_time         DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    end_time           DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    duration_ns        UInt64 MATERIALIZED toUInt64(greatest(0, toUnixTimestamp64Nano(end_time) - toUnixTimestamp64Nano(start_time))) CODEC(T64, ZSTD(1)),
    ttft_ns            Nullable(UInt64) CODEC(T64, ZSTD(1)),
    name               LowCardinality(String),
    kind               LowCardinality(String),
    otel_kind          LowCardinality(String),
    status             Enum8('UNSET' = 0, 'OK' = 1, 'ERROR' = 2, 'INTERRUPTED' = 3),
    status_message     String CODEC(ZSTD(3)),
    error_type         LowCardinality(String),
    is_root            Bool,
    service_name       LowCardinality(String),
    environment        LowCardinality(String),
    release            LowCardinality(String),
    scope_name         LowCardinality(String),
    scope_version      LowCardinality(String),
    source             LowCardinality(String),
    convention         LowCardinality(String),
    session_id         String CODEC(ZSTD(1)),
    user_id            String CODEC(ZSTD(1)),
    tags               Array(LowCardinality(String)),
    agent_name         LowCardinality(String),
    provider           LowCardinality(String),
    request_model      LowCardinality(String),
    response_model     LowCardinality(String),
    operation          LowCardinality(String),
    response_id        String CODEC(ZSTD(1)),
    finish_reasons     Array(LowCardinality(String)),
    is_streaming       Bool,
    tool_name          LowCardinality(String),
    tool_call_id       String CODEC(ZSTD(1)),
    input_tokens       Nullable(UInt32) CODEC(T64, ZSTD(1)),
    output_tokens      Nullable(UInt32) CODEC(T64, ZSTD(1)),
    cache_read_tokens  Nullable(UInt32) CODEC(T64, ZSTD(1)),
    cache_write_tokens Nullable(UInt32) CODEC(T64, ZSTD(1)),
    reasoning_tokens   Nullable(UInt32) CODEC(T64, ZSTD(1)),
    usage_estimated    Bool,
    cost_input         Nullable(Decimal(18, 12)),
    cost_output        Nullable(Decimal(18, 12)),
    cost_total         Nullable(Decimal(18, 12)),
    cost_source        LowCardinality(String),
    prompt_name        LowCardinality(String),
    prompt_version     LowCardinality(String),
    run_id             String CODEC(ZSTD(1)),
    model_id           String CODEC(ZSTD(1)),
    dataset_item_id    String CODEC(ZSTD(1)),
    route              LowCardinality(String),
    judge_name         LowCardinality(String),
    input_preview      String CODEC(ZSTD(3)),
    output_preview     String CODEC(ZSTD(3)),
    input_bytes        UInt32 CODEC(T64, ZSTD(1)),
    output_bytes       UInt32 CODEC(T64, ZSTD(1)),
    attributes         Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    resource           Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    attr_items         Array(String) ALIAS arrayMap(x -> concat(x.1, '=', x.2), attributes::Array(Tuple(String, String))),
    links              Nested(trace_id String, span_id String, attributes Map(LowCardinality(String), String)),
    events             Nested(time DateTime64(9, 'UTC'), name LowCardinality(String), attributes Map(LowCardinality(String), String)),
    retention_days     UInt16 DEFAULT 90,
    ingested_at        DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1)),
    version            UInt64 DEFAULT toUnixTimestamp64Milli(now64(3)),
    is_deleted         UInt8 DEFAULT 0,
    INDEX ix_trace     trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_session   session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_user      user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_run       run_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ix_ingested  ingested_at TYPE minmax GRANULARITY 1,
    INDEX ix_duration  duration_ns TYPE minmax GRANULARITY 1,
    INDEX ix_tags      tags TYPE text(tokenizer = 'array'),
    INDEX ix_attr      attr_items TYPE text(tokenizer = 'array')
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY (retention_days, if(retention_days <= 90, toMonday(start_time), toStartOfMonth(start_time)))
PRIMARY KEY (project_id, toStartOfMinute(start_time), trace_id)
ORDER BY (project_id, toStartOfMinute(start_time), trace_id, span_id, start_time)
TTL toDateTime(start_time) + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000,
         map_serialization_version = 'with_buckets', map_serialization_version_for_zero_level_parts = 'basic';

-- What was said: payloads apart from facts, so that lists never read them. The text columns hold new messages only, for search.
CREATE TABLE IF NOT EXISTS span_content
(
    project_id     LowCardinality(String) DEFAULT 'default',
    trace_id       FixedString(32),
    span_id        FixedString(16),
    start_time     DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    system         String CODEC(ZSTD(3)),
    input          String CODEC(ZSTD(3)) SETTINGS (min_compress_block_size = 4194304, max_compress_block_size = 4194304),
    output         String CODEC(ZSTD(3)),
    tools          String CODEC(ZSTD(3)),
    input_text     String CODEC(ZSTD(3)),
    output_text    String CODEC(ZSTD(3)),
    truncated      Bool,
    retention_days UInt16 DEFAULT 90,
    version        UInt64 DEFAULT toUnixTimestamp64Milli(now64(3)),
    INDEX ix_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX tx_in    input_text TYPE text(tokenizer = splitByNonAlpha, preprocessor = lowerUTF8(input_text)),
    INDEX tx_out   output_text TYPE text(tokenizer = splitByNonAlpha, preprocessor = lowerUTF8(output_text))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY (retention_days, if(retention_days <= 90, toMonday(start_time), toStartOfMonth(start_time)))
PRIMARY KEY (project_id, toStartOfMinute(start_time), trace_id)
ORDER BY (project_id, toStartOfMinute(start_time), trace_id, span_id, start_time)
TTL toDateTime(start_time) + toIntervalDay(retention_days)
SETTINGS ttl_only_drop_parts = 1, index_granularity_bytes = '64Mi', merge_max_block_size_bytes = '64Mi',
         non_replicated_deduplication_window = 1000;
