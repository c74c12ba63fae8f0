-- All points of all metrics of runs. A point is what it is made of, so that the same one written twice is one row; reads say FINAL.
-- A value that is not a number has `is_nan`, and 0 in its place, so that it can be part of the key.
CREATE TABLE IF NOT EXISTS metrics
(
    run_id    String,
    key       LowCardinality(String),
    step      Int64 CODEC(DoubleDelta, ZSTD(1)),
    timestamp Int64 CODEC(DoubleDelta, ZSTD(1)),
    value     Float64 CODEC(ZSTD(1)),
    is_nan    Bool DEFAULT false
)
ENGINE = ReplacingMergeTree
ORDER BY (run_id, key, step, timestamp, value, is_nan)
SETTINGS non_replicated_deduplication_window = 1000;
