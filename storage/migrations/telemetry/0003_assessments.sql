-- What a judge, a person or code said of a trace or a span. An identifier is made from its maker and its target, so that writing
-- the same judgement twice leaves one row; reads say FINAL.
CREATE TABLE IF NOT EXISTS assessments
(
    project_id     LowCardinality(String) DEFAULT 'default',
    assessment_id  String,
    trace_id       FixedString(32),
    span_id        String,
    trace_revision String,
    name           LowCardinality(String),
    kind           Enum8('FEEDBACK' = 1, 'EXPECTATION' = 2, 'ISSUE' = 3),
    value_type     Enum8('NONE' = 0, 'NUMERIC' = 1, 'BOOLEAN' = 2, 'CATEGORICAL' = 3, 'TEXT' = 4, 'JSON' = 5),
    value_number   Nullable(Float64),
    value_text     String CODEC(ZSTD(3)),
    rationale      String CODEC(ZSTD(3)),
    source_type    Enum8('HUMAN' = 1, 'LLM_JUDGE' = 2, 'CODE' = 3),
    source_id      String,
    judge_name     LowCardinality(String),
    judge_version  String,
    judge_trace_id String,
    judge_cost     Nullable(Decimal(18, 12)),
    error_code     LowCardinality(String),
    error_message  String CODEC(ZSTD(3)),
    overrides      String,
    valid          Bool DEFAULT true,
    metadata       Map(LowCardinality(String), String),
    created_at     DateTime64(3, 'UTC'),
    updated_at     DateTime64(3, 'UTC'),
    is_deleted     UInt8 DEFAULT 0,
    INDEX ix_name  name TYPE set(256) GRANULARITY 1,
    INDEX ix_time  created_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(updated_at, is_deleted)
ORDER BY (project_id, trace_id, assessment_id)
SETTINGS non_replicated_deduplication_window = 1000;
