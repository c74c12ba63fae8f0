-- Additive figures of a trace. Mutable properties never live here: they would need a read before each write.
CREATE TABLE IF NOT EXISTS traces
(
    project_id        LowCardinality(String),
    trace_id          FixedString(32),
    start_time        SimpleAggregateFunction(min, DateTime64(9, 'UTC')),
    end_time          SimpleAggregateFunction(max, DateTime64(9, 'UTC')),
    ingested_at       SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    spans             SimpleAggregateFunction(sum, UInt64),
    errors            SimpleAggregateFunction(sum, UInt64),
    llm_calls         SimpleAggregateFunction(sum, UInt64),
    tool_calls        SimpleAggregateFunction(sum, UInt64),
    roots             SimpleAggregateFunction(sum, UInt64),
    judge_spans       SimpleAggregateFunction(sum, UInt64),
    input_tokens      SimpleAggregateFunction(sum, Nullable(UInt64)),
    output_tokens     SimpleAggregateFunction(sum, Nullable(UInt64)),
    cost_total        SimpleAggregateFunction(sum, Nullable(Decimal(38, 12))),
    unpriced_calls    SimpleAggregateFunction(sum, UInt64),
    models            SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    services          SimpleAggregateFunction(groupUniqArrayArray, Array(String)),
    retention_days    SimpleAggregateFunction(max, UInt16),
    INDEX ix_start    start_time TYPE minmax GRANULARITY 1,
    INDEX ix_ingested ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = AggregatingMergeTree
ORDER BY (project_id, trace_id)
TTL toDateTime(start_time) + toIntervalDay(retention_days)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS traces_mv TO traces AS
SELECT project_id, trace_id, min(start_time) AS start_time, max(end_time) AS end_time, max(ingested_at) AS ingested_at,
       count() AS spans, countIf(status = 'ERROR') AS errors, countIf(kind = 'LLM') AS llm_calls, countIf(kind = 'TOOL') AS tool_calls,
       countIf(is_root) AS roots, countIf(judge_name != '') AS judge_spans,
       sumIf(toUInt64(input_tokens), kind IN ('LLM', 'EMBEDDING', 'RERANKER')) AS input_tokens,
       sumIf(toUInt64(output_tokens), kind IN ('LLM', 'EMBEDDING', 'RERANKER')) AS output_tokens,
       sumIf(cost_total, kind IN ('LLM', 'EMBEDDING', 'RERANKER')) AS cost_total,
       countIf(kind IN ('LLM', 'EMBEDDING', 'RERANKER') AND spans.cost_total IS NULL) AS unpriced_calls,
       arrayFilter(x -> x != '', groupUniqArray(toString(if(response_model != '', response_model, request_model)))) AS models,
       arrayFilter(x -> x != '', groupUniqArray(toString(service_name))) AS services,
       max(retention_days) AS retention_days
FROM spans GROUP BY project_id, trace_id;

-- Figures a minute, for dashboards.
CREATE TABLE IF NOT EXISTS usage_1m
(
    project_id LowCardinality(String), time DateTime('UTC'), environment LowCardinality(String), service_name LowCardinality(String),
    kind LowCardinality(String), provider LowCardinality(String), model LowCardinality(String), prompt_name LowCardinality(String),
    route LowCardinality(String), is_judge Bool,
    calls         SimpleAggregateFunction(sum, UInt64),
    errors        SimpleAggregateFunction(sum, UInt64),
    input_tokens  SimpleAggregateFunction(sum, Nullable(UInt64)),
    output_tokens SimpleAggregateFunction(sum, Nullable(UInt64)),
    cost          SimpleAggregateFunction(sum, Nullable(Decimal(38, 12))),
    latency       AggregateFunction(quantilesTDigest(0.5, 0.9, 0.95, 0.99), UInt64),
    ttft          AggregateFunction(quantilesTDigest(0.5, 0.9, 0.95, 0.99), UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (project_id, toStartOfHour(time), time, kind, model, service_name, environment, provider, prompt_name, route, is_judge)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS usage_1m_mv TO usage_1m AS
SELECT project_id, toStartOfMinute(start_time) AS time, environment, service_name, kind, provider,
       if(response_model != '', response_model, request_model) AS model, prompt_name, route, judge_name != '' AS is_judge,
       count() AS calls, countIf(status = 'ERROR') AS errors,
       sum(toUInt64(input_tokens)) AS input_tokens, sum(toUInt64(output_tokens)) AS output_tokens, sum(cost_total) AS cost,
       quantilesTDigestState(0.5, 0.9, 0.95, 0.99)(duration_ns) AS latency,
       quantilesTDigestStateIf(0.5, 0.9, 0.95, 0.99)(assumeNotNull(ttft_ns), ttft_ns IS NOT NULL) AS ttft
FROM spans GROUP BY ALL;
