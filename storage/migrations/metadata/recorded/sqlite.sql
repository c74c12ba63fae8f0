-- 0001_prompts_and_judgements 2eba576f7b464eee3b0b83adc9dc42654eded13d090f6789598769f2b022bee7
-- 0002_runs 5e1cb80ea1a2d69e6e3ebfee29842dd31397e3d4e32fe75867878610fdeafc5e
-- 0003_models 642c7de1fa90486076ff191d84500f617e8bf7b9b07017c7bef0c9e25de1b51e
-- 0004_genai cbe6f4f0dbc111178dec34a4603c54e52515837e364c0822d198fd3c68a2b580
-- 0005_webhooks fade9b1a446be79271debff737ec4b4dfa6ecc242d8d0e0382bda7617b35d288
-- 0006_gateway_admin c3ae8eb9a7459550c788113f434b2cd7337b4a6099db1ddafe50fb6955e9da77
-- 0007_keys 32a670d9eadccf2b04be545a8416041d530d9ecf9fecd1490853381f42692bbb
-- 0008_access a3474f1e09595c86487632a3600847b2379c7d1a37c3b8d26ab4dc1f7ff78c3b
-- 0010_limit_counters 21ebfdde6349222549c2a706b2dfd7fe7344ad1880309ada4a9e29eebe6d0ca1
-- 0012_workspaces 61b2365d1f9bb26ea96b41cd7711ae653f409428d12adf01839863c8869c676a
-- 0013_metric_index fd808d6df3fd7d0ebbc36491bf004f6372752bda0821cca5c3fdac0c170a1d55
-- 0014_mcp_servers 16fae75d164c45b334751e9193c0438b66dfe0d1f8e4e0c344f84b4f30dae759
-- 0015_skills 6c5a0e1dc6ededa53dc554a4632cf59a577eead89a7c1df9dd6471d6f22b7ebe
-- 0016_numbers_given 026992f821628551af2d982cce680bb582c7f19a1839b2b210c3c8d6415f17ea

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE prompts (
    name TEXT NOT NULL, 
    description TEXT DEFAULT '' NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_prompts PRIMARY KEY (name)
);

CREATE TABLE prompt_versions (
    name TEXT NOT NULL, 
    version INTEGER NOT NULL, 
    kind TEXT NOT NULL, 
    template TEXT NOT NULL, 
    variables JSON NOT NULL, 
    config JSON DEFAULT '{}' NOT NULL, 
    commit_message TEXT DEFAULT '' NOT NULL, 
    created_by TEXT DEFAULT '' NOT NULL, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_prompt_versions PRIMARY KEY (name, version), 
    CONSTRAINT ck_prompt_versions_kind CHECK (kind IN ('text', 'chat')), 
    CONSTRAINT ck_prompt_versions_version CHECK (version > 0), 
    CONSTRAINT fk_prompt_versions_prompts FOREIGN KEY(name) REFERENCES prompts (name) ON DELETE CASCADE
);

CREATE TABLE prompt_aliases (
    name TEXT NOT NULL, 
    alias TEXT NOT NULL, 
    version INTEGER NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_prompt_aliases PRIMARY KEY (name, alias), 
    CONSTRAINT fk_prompt_aliases_prompt_versions FOREIGN KEY(name, version) REFERENCES prompt_versions (name, version) ON DELETE CASCADE
);

CREATE TABLE prompt_tags (
    name TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_prompt_tags PRIMARY KEY (name, "key"), 
    CONSTRAINT fk_prompt_tags_prompts FOREIGN KEY(name) REFERENCES prompts (name) ON DELETE CASCADE
);

CREATE TABLE prompt_version_tags (
    name TEXT NOT NULL, 
    version INTEGER NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_prompt_version_tags PRIMARY KEY (name, version, "key"), 
    CONSTRAINT fk_prompt_version_tags_prompt_versions FOREIGN KEY(name, version) REFERENCES prompt_versions (name, version) ON DELETE CASCADE
);

CREATE TABLE judge_versions (
    name TEXT NOT NULL, 
    version TEXT NOT NULL, 
    definition JSON NOT NULL, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_judge_versions PRIMARY KEY (name, version)
);

CREATE TABLE judgements (
    judge_name TEXT NOT NULL, 
    judge_version TEXT NOT NULL, 
    trace_id TEXT NOT NULL, 
    trace_revision TEXT NOT NULL, 
    state TEXT NOT NULL, 
    attempts INTEGER DEFAULT '0' NOT NULL, 
    reason TEXT DEFAULT '' NOT NULL, 
    cost VARCHAR(32), 
    judge_trace_id TEXT DEFAULT '' NOT NULL, 
    assessment_id TEXT DEFAULT '' NOT NULL, 
    claimed_by TEXT DEFAULT '' NOT NULL, 
    lease_expires_at DATETIME, 
    not_before DATETIME, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_judgements PRIMARY KEY (judge_name, judge_version, trace_id, trace_revision), 
    CONSTRAINT ck_judgements_state CHECK (state IN ('queued', 'claimed', 'retry', 'scored', 'failed', 'sampled_out', 'superseded'))
);

CREATE INDEX ix_judgements_judge_name_judge_version_state ON judgements (judge_name, judge_version, state);

CREATE INDEX ix_judgements_trace_id ON judgements (trace_id);

CREATE TABLE judge_cursors (
    judge_name TEXT NOT NULL, 
    judge_version TEXT NOT NULL, 
    position TEXT NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_judge_cursors PRIMARY KEY (judge_name, judge_version)
);

INSERT INTO alembic_version (version_num) VALUES ('0001_prompts_and_judgements') RETURNING version_num;

CREATE TABLE numbers_given (
    kind TEXT NOT NULL, 
    highest INTEGER NOT NULL, 
    CONSTRAINT pk_numbers_given PRIMARY KEY (kind)
);

UPDATE alembic_version SET version_num='0016_numbers_given' WHERE alembic_version.version_num = '0001_prompts_and_judgements';

CREATE TABLE skills (
    id INTEGER NOT NULL, 
    workspace TEXT NOT NULL, 
    organization TEXT DEFAULT '' NOT NULL, 
    name TEXT NOT NULL, 
    description TEXT, 
    icons JSON, 
    search_text TEXT NOT NULL, 
    last_version INTEGER DEFAULT 0 NOT NULL, 
    latest INTEGER, 
    status TEXT, 
    source_type TEXT, 
    created_by TEXT, 
    last_updated_by TEXT, 
    created_at BIGINT NOT NULL, 
    last_updated_at BIGINT NOT NULL, 
    CONSTRAINT pk_skills PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_skills_workspace_organization_name ON skills (workspace, organization, name);

CREATE TABLE skill_versions (
    skill_id INTEGER NOT NULL, 
    version INTEGER NOT NULL, 
    source_type TEXT, 
    source TEXT, 
    ref TEXT, 
    subpath TEXT, 
    digest TEXT, 
    status TEXT NOT NULL, 
    created_by TEXT, 
    last_updated_by TEXT, 
    created_at BIGINT NOT NULL, 
    last_updated_at BIGINT NOT NULL, 
    CONSTRAINT pk_skill_versions PRIMARY KEY (skill_id, version), 
    CONSTRAINT fk_skill_versions_skills FOREIGN KEY(skill_id) REFERENCES skills (id) ON DELETE CASCADE
);

CREATE TABLE skill_tags (
    skill_id INTEGER NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_skill_tags PRIMARY KEY (skill_id, "key"), 
    CONSTRAINT fk_skill_tags_skills FOREIGN KEY(skill_id) REFERENCES skills (id) ON DELETE CASCADE
);

CREATE TABLE skill_version_tags (
    skill_id INTEGER NOT NULL, 
    version INTEGER NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_skill_version_tags PRIMARY KEY (skill_id, version, "key"), 
    CONSTRAINT fk_skill_version_tags_skills FOREIGN KEY(skill_id) REFERENCES skills (id) ON DELETE CASCADE
);

CREATE TABLE skill_aliases (
    skill_id INTEGER NOT NULL, 
    alias TEXT NOT NULL, 
    version INTEGER NOT NULL, 
    CONSTRAINT pk_skill_aliases PRIMARY KEY (skill_id, alias), 
    CONSTRAINT fk_skill_aliases_skills FOREIGN KEY(skill_id) REFERENCES skills (id) ON DELETE CASCADE
);

INSERT INTO alembic_version (version_num) VALUES ('0015_skills') RETURNING version_num;

CREATE TABLE mcp_servers (
    id INTEGER NOT NULL, 
    workspace TEXT NOT NULL, 
    name TEXT NOT NULL, 
    display_name TEXT, 
    description TEXT, 
    icons JSON, 
    latest TEXT, 
    status TEXT, 
    created_by TEXT, 
    last_updated_by TEXT, 
    created_at BIGINT NOT NULL, 
    last_updated_at BIGINT NOT NULL, 
    CONSTRAINT pk_mcp_servers PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_mcp_servers_workspace_name ON mcp_servers (workspace, name);

CREATE TABLE mcp_server_versions (
    server_id INTEGER NOT NULL, 
    version TEXT NOT NULL, 
    precedence TEXT NOT NULL, 
    server_json JSON NOT NULL, 
    status TEXT NOT NULL, 
    tools JSON, 
    source TEXT, 
    connect_options JSON, 
    created_by TEXT, 
    last_updated_by TEXT, 
    created_at BIGINT NOT NULL, 
    last_updated_at BIGINT NOT NULL, 
    CONSTRAINT pk_mcp_server_versions PRIMARY KEY (server_id, version), 
    CONSTRAINT fk_mcp_server_versions_mcp_servers FOREIGN KEY(server_id) REFERENCES mcp_servers (id) ON DELETE CASCADE
);

CREATE TABLE mcp_server_tags (
    server_id INTEGER NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_mcp_server_tags PRIMARY KEY (server_id, "key"), 
    CONSTRAINT fk_mcp_server_tags_mcp_servers FOREIGN KEY(server_id) REFERENCES mcp_servers (id) ON DELETE CASCADE
);

CREATE TABLE mcp_server_version_tags (
    server_id INTEGER NOT NULL, 
    version TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_mcp_server_version_tags PRIMARY KEY (server_id, version, "key"), 
    CONSTRAINT fk_mcp_server_version_tags_mcp_servers FOREIGN KEY(server_id) REFERENCES mcp_servers (id) ON DELETE CASCADE
);

CREATE TABLE mcp_server_aliases (
    server_id INTEGER NOT NULL, 
    alias TEXT NOT NULL, 
    version TEXT NOT NULL, 
    CONSTRAINT pk_mcp_server_aliases PRIMARY KEY (server_id, alias), 
    CONSTRAINT fk_mcp_server_aliases_mcp_servers FOREIGN KEY(server_id) REFERENCES mcp_servers (id) ON DELETE CASCADE
);

CREATE TABLE mcp_access_endpoints (
    id TEXT NOT NULL, 
    server_id INTEGER NOT NULL, 
    server_version TEXT, 
    server_alias TEXT, 
    url TEXT NOT NULL, 
    transport_type TEXT NOT NULL, 
    created_by TEXT, 
    last_updated_by TEXT, 
    created_at BIGINT NOT NULL, 
    last_updated_at BIGINT NOT NULL, 
    CONSTRAINT pk_mcp_access_endpoints PRIMARY KEY (id), 
    CONSTRAINT fk_mcp_access_endpoints_mcp_servers FOREIGN KEY(server_id) REFERENCES mcp_servers (id) ON DELETE CASCADE
);

CREATE INDEX ix_mcp_access_endpoints_server_id ON mcp_access_endpoints (server_id);

INSERT INTO alembic_version (version_num) VALUES ('0014_mcp_servers') RETURNING version_num;

CREATE TABLE experiments (
    experiment_id INTEGER NOT NULL, 
    name TEXT NOT NULL, 
    artifact_location TEXT NOT NULL, 
    lifecycle_stage TEXT NOT NULL, 
    creation_time BIGINT NOT NULL, 
    last_update_time BIGINT NOT NULL, 
    CONSTRAINT pk_experiments PRIMARY KEY (experiment_id), 
    CONSTRAINT ck_experiments_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted'))
);

CREATE UNIQUE INDEX ix_experiments_name ON experiments (name);

CREATE TABLE experiment_tags (
    experiment_id INTEGER NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_experiment_tags PRIMARY KEY (experiment_id, "key"), 
    CONSTRAINT fk_experiment_tags_experiments FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

CREATE TABLE runs (
    run_id TEXT NOT NULL, 
    experiment_id INTEGER NOT NULL, 
    name TEXT NOT NULL, 
    user_id TEXT DEFAULT '' NOT NULL, 
    status TEXT NOT NULL, 
    start_time BIGINT NOT NULL, 
    end_time BIGINT, 
    deleted_time BIGINT, 
    artifact_uri TEXT NOT NULL, 
    lifecycle_stage TEXT NOT NULL, 
    CONSTRAINT pk_runs PRIMARY KEY (run_id), 
    CONSTRAINT ck_runs_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')), 
    CONSTRAINT fk_runs_experiments FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE
);

CREATE INDEX ix_runs_experiment_id_start_time ON runs (experiment_id, start_time);

CREATE TABLE run_params (
    run_id TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_run_params PRIMARY KEY (run_id, "key"), 
    CONSTRAINT fk_run_params_runs FOREIGN KEY(run_id) REFERENCES runs (run_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

CREATE TABLE run_tags (
    run_id TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_run_tags PRIMARY KEY (run_id, "key"), 
    CONSTRAINT fk_run_tags_runs FOREIGN KEY(run_id) REFERENCES runs (run_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

CREATE TABLE latest_metrics (
    run_id TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value DOUBLE NOT NULL, 
    is_nan BOOLEAN NOT NULL, 
    timestamp BIGINT NOT NULL, 
    step BIGINT NOT NULL, 
    CONSTRAINT pk_latest_metrics PRIMARY KEY (run_id, "key"), 
    CONSTRAINT fk_latest_metrics_runs FOREIGN KEY(run_id) REFERENCES runs (run_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

CREATE TABLE datasets (
    dataset_id TEXT NOT NULL, 
    experiment_id INTEGER NOT NULL, 
    name TEXT NOT NULL, 
    digest TEXT NOT NULL, 
    source_type TEXT NOT NULL, 
    source TEXT NOT NULL, 
    schema TEXT, 
    profile TEXT, 
    CONSTRAINT pk_datasets PRIMARY KEY (dataset_id), 
    CONSTRAINT fk_datasets_experiments FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_datasets_experiment_id_name_digest ON datasets (experiment_id, name, digest);

CREATE TABLE run_inputs (
    run_id TEXT NOT NULL, 
    dataset_id TEXT NOT NULL, 
    CONSTRAINT pk_run_inputs PRIMARY KEY (run_id, dataset_id), 
    CONSTRAINT fk_run_inputs_runs FOREIGN KEY(run_id) REFERENCES runs (run_id) ON DELETE CASCADE, 
    CONSTRAINT fk_run_inputs_datasets FOREIGN KEY(dataset_id) REFERENCES datasets (dataset_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

CREATE INDEX ix_run_inputs_dataset_id ON run_inputs (dataset_id);

CREATE TABLE run_input_tags (
    run_id TEXT NOT NULL, 
    dataset_id TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_run_input_tags PRIMARY KEY (run_id, dataset_id, "key"), 
    CONSTRAINT fk_run_input_tags_run_inputs FOREIGN KEY(run_id, dataset_id) REFERENCES run_inputs (run_id, dataset_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

CREATE TABLE run_model_inputs (
    run_id TEXT NOT NULL, 
    model_id TEXT NOT NULL, 
    CONSTRAINT pk_run_model_inputs PRIMARY KEY (run_id, model_id), 
    CONSTRAINT fk_run_model_inputs_runs FOREIGN KEY(run_id) REFERENCES runs (run_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

CREATE INDEX ix_run_model_inputs_model_id ON run_model_inputs (model_id);

CREATE TABLE run_model_outputs (
    run_id TEXT NOT NULL, 
    model_id TEXT NOT NULL, 
    step BIGINT NOT NULL, 
    CONSTRAINT pk_run_model_outputs PRIMARY KEY (run_id, model_id, step), 
    CONSTRAINT fk_run_model_outputs_runs FOREIGN KEY(run_id) REFERENCES runs (run_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

CREATE INDEX ix_run_model_outputs_model_id ON run_model_outputs (model_id);

CREATE TABLE logged_models (
    model_id TEXT NOT NULL, 
    experiment_id INTEGER NOT NULL, 
    name TEXT NOT NULL, 
    model_type TEXT DEFAULT '' NOT NULL, 
    source_run_id TEXT DEFAULT '' NOT NULL, 
    status TEXT NOT NULL, 
    status_message TEXT, 
    artifact_location TEXT NOT NULL, 
    lifecycle_stage TEXT NOT NULL, 
    creation_timestamp_ms BIGINT NOT NULL, 
    last_updated_timestamp_ms BIGINT NOT NULL, 
    CONSTRAINT pk_logged_models PRIMARY KEY (model_id), 
    CONSTRAINT ck_logged_models_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')), 
    CONSTRAINT fk_logged_models_experiments FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE
);

CREATE INDEX ix_logged_models_experiment_id_creation_timestamp_ms ON logged_models (experiment_id, creation_timestamp_ms);

CREATE INDEX ix_logged_models_source_run_id ON logged_models (source_run_id);

CREATE TABLE logged_model_params (
    model_id TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_logged_model_params PRIMARY KEY (model_id, "key"), 
    CONSTRAINT fk_logged_model_params_logged_models FOREIGN KEY(model_id) REFERENCES logged_models (model_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

CREATE TABLE logged_model_tags (
    model_id TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_logged_model_tags PRIMARY KEY (model_id, "key"), 
    CONSTRAINT fk_logged_model_tags_logged_models FOREIGN KEY(model_id) REFERENCES logged_models (model_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

CREATE TABLE logged_model_metrics (
    model_id TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    timestamp BIGINT NOT NULL, 
    step BIGINT NOT NULL, 
    run_id TEXT NOT NULL, 
    value DOUBLE NOT NULL, 
    is_nan BOOLEAN NOT NULL, 
    dataset_name TEXT, 
    dataset_digest TEXT, 
    CONSTRAINT pk_logged_model_metrics PRIMARY KEY (model_id, "key", timestamp, step, run_id), 
    CONSTRAINT fk_logged_model_metrics_logged_models FOREIGN KEY(model_id) REFERENCES logged_models (model_id) ON DELETE CASCADE
)
 WITHOUT ROWID;

INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time) VALUES (0, 'Default', 'mlflow-artifacts:/0', 'active', /*now*/0, /*now*/0);

INSERT INTO alembic_version (version_num) VALUES ('0002_runs') RETURNING version_num;

CREATE INDEX ix_latest_metrics_key_is_nan_value ON latest_metrics ("key", is_nan, value);

UPDATE alembic_version SET version_num='0013_metric_index' WHERE alembic_version.version_num = '0002_runs';

CREATE TABLE workspaces (
    name TEXT NOT NULL, 
    description TEXT DEFAULT '' NOT NULL, 
    artifact_root TEXT DEFAULT '' NOT NULL, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_workspaces PRIMARY KEY (name)
);

ALTER TABLE experiments ADD COLUMN workspace TEXT DEFAULT 'default' NOT NULL;

DROP INDEX ix_experiments_name;

CREATE UNIQUE INDEX ix_experiments_workspace_name ON experiments (workspace, name);

INSERT INTO alembic_version (version_num) VALUES ('0012_workspaces') RETURNING version_num;

CREATE TABLE limit_counters (
    ceiling TEXT NOT NULL, 
    window_start BIGINT NOT NULL, 
    subject TEXT NOT NULL, 
    window_end BIGINT NOT NULL, 
    used BIGINT NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_limit_counters PRIMARY KEY (ceiling, window_start, subject)
);

CREATE INDEX ix_limit_counters_window_end ON limit_counters (window_end);

INSERT INTO alembic_version (version_num) VALUES ('0010_limit_counters') RETURNING version_num;

CREATE TABLE users (
    id INTEGER NOT NULL, 
    username TEXT NOT NULL, 
    password_hash TEXT NOT NULL, 
    is_admin BOOLEAN DEFAULT 0 NOT NULL, 
    created_at DATETIME NOT NULL, 
    CONSTRAINT pk_users PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_users_username ON users (username);

CREATE TABLE access_roles (
    id INTEGER NOT NULL, 
    workspace TEXT NOT NULL, 
    name TEXT NOT NULL, 
    description TEXT, 
    CONSTRAINT pk_access_roles PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_access_roles_workspace_name ON access_roles (workspace, name);

CREATE TABLE role_permissions (
    id INTEGER NOT NULL, 
    role_id INTEGER NOT NULL, 
    resource_type TEXT NOT NULL, 
    resource_pattern TEXT NOT NULL, 
    permission TEXT NOT NULL, 
    CONSTRAINT pk_role_permissions PRIMARY KEY (id), 
    CONSTRAINT fk_role_permissions_access_roles FOREIGN KEY(role_id) REFERENCES access_roles (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_role_permissions_role_id_resource_type_resource_pattern ON role_permissions (role_id, resource_type, resource_pattern);

CREATE INDEX ix_role_permissions_resource_type_resource_pattern ON role_permissions (resource_type, resource_pattern);

CREATE TABLE user_roles (
    id INTEGER NOT NULL, 
    user_id INTEGER NOT NULL, 
    role_id INTEGER NOT NULL, 
    CONSTRAINT pk_user_roles PRIMARY KEY (id), 
    CONSTRAINT fk_user_roles_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
    CONSTRAINT fk_user_roles_access_roles FOREIGN KEY(role_id) REFERENCES access_roles (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_user_roles_user_id_role_id ON user_roles (user_id, role_id);

CREATE INDEX ix_user_roles_role_id ON user_roles (role_id);

CREATE TABLE access_tokens (
    id TEXT NOT NULL, 
    user_id INTEGER NOT NULL, 
    name TEXT NOT NULL, 
    digest TEXT NOT NULL, 
    prefix TEXT DEFAULT '' NOT NULL, 
    created_at DATETIME NOT NULL, 
    expires_at DATETIME, 
    CONSTRAINT pk_access_tokens PRIMARY KEY (id), 
    CONSTRAINT fk_access_tokens_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_access_tokens_digest ON access_tokens (digest);

CREATE UNIQUE INDEX ix_access_tokens_user_id_name ON access_tokens (user_id, name);

CREATE TABLE access_versions (
    id INTEGER NOT NULL, 
    version INTEGER NOT NULL, 
    CONSTRAINT pk_access_versions PRIMARY KEY (id)
);

INSERT INTO access_versions (id, version) VALUES (1, 0);

INSERT INTO alembic_version (version_num) VALUES ('0008_access') RETURNING version_num;

CREATE TABLE virtual_keys (
    id TEXT NOT NULL, 
    name TEXT NOT NULL, 
    digest TEXT NOT NULL, 
    prefix TEXT NOT NULL, 
    team TEXT DEFAULT '' NOT NULL, 
    user TEXT DEFAULT '' NOT NULL, 
    routes JSON DEFAULT '[]' NOT NULL, 
    models JSON DEFAULT '[]' NOT NULL, 
    limits JSON DEFAULT '[]' NOT NULL, 
    expires_at DATETIME, 
    disabled_at DATETIME, 
    revoked_at DATETIME, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_virtual_keys PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_virtual_keys_digest ON virtual_keys (digest);

CREATE UNIQUE INDEX ix_virtual_keys_name ON virtual_keys (name) WHERE revoked_at IS NULL;

INSERT INTO alembic_version (version_num) VALUES ('0007_keys') RETURNING version_num;

CREATE TABLE gateway_secrets (
    secret_id TEXT NOT NULL, 
    name TEXT NOT NULL, 
    provider TEXT, 
    sealed TEXT NOT NULL, 
    masked JSON NOT NULL, 
    auth_config JSON NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    created_by TEXT, 
    updated_by TEXT, 
    CONSTRAINT pk_gateway_secrets PRIMARY KEY (secret_id)
);

CREATE UNIQUE INDEX ix_gateway_secrets_name ON gateway_secrets (name);

CREATE TABLE gateway_model_definitions (
    model_definition_id TEXT NOT NULL, 
    name TEXT NOT NULL, 
    secret_id TEXT, 
    provider TEXT NOT NULL, 
    model_name TEXT NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    created_by TEXT, 
    updated_by TEXT, 
    CONSTRAINT pk_gateway_model_definitions PRIMARY KEY (model_definition_id), 
    CONSTRAINT fk_gateway_model_definitions_gateway_secrets FOREIGN KEY(secret_id) REFERENCES gateway_secrets (secret_id) ON DELETE SET NULL
);

CREATE UNIQUE INDEX ix_gateway_model_definitions_name ON gateway_model_definitions (name);

CREATE TABLE gateway_endpoints (
    endpoint_id TEXT NOT NULL, 
    name TEXT NOT NULL, 
    routing_strategy TEXT, 
    fallback JSON, 
    experiment_id TEXT, 
    usage_tracking BOOLEAN NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    created_by TEXT, 
    updated_by TEXT, 
    CONSTRAINT pk_gateway_endpoints PRIMARY KEY (endpoint_id)
);

CREATE UNIQUE INDEX ix_gateway_endpoints_name ON gateway_endpoints (name);

CREATE TABLE gateway_endpoint_models (
    mapping_id TEXT NOT NULL, 
    endpoint_id TEXT NOT NULL, 
    model_definition_id TEXT NOT NULL, 
    linkage_type TEXT NOT NULL, 
    weight FLOAT NOT NULL, 
    fallback_order INTEGER, 
    created_at DATETIME NOT NULL, 
    created_by TEXT, 
    CONSTRAINT pk_gateway_endpoint_models PRIMARY KEY (mapping_id), 
    CONSTRAINT fk_gateway_endpoint_models_gateway_endpoints FOREIGN KEY(endpoint_id) REFERENCES gateway_endpoints (endpoint_id) ON DELETE CASCADE, 
    CONSTRAINT fk_gateway_endpoint_models_gateway_model_definitions FOREIGN KEY(model_definition_id) REFERENCES gateway_model_definitions (model_definition_id)
);

CREATE UNIQUE INDEX ix_gateway_endpoint_models_linkage ON gateway_endpoint_models (endpoint_id, model_definition_id, linkage_type);

CREATE TABLE gateway_endpoint_tags (
    endpoint_id TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_gateway_endpoint_tags PRIMARY KEY (endpoint_id, "key"), 
    CONSTRAINT fk_gateway_endpoint_tags_gateway_endpoints FOREIGN KEY(endpoint_id) REFERENCES gateway_endpoints (endpoint_id) ON DELETE CASCADE
);

CREATE TABLE gateway_endpoint_bindings (
    endpoint_id TEXT NOT NULL, 
    resource_type TEXT NOT NULL, 
    resource_id TEXT NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    created_by TEXT, 
    updated_by TEXT, 
    CONSTRAINT pk_gateway_endpoint_bindings PRIMARY KEY (endpoint_id, resource_type, resource_id), 
    CONSTRAINT fk_gateway_endpoint_bindings_gateway_endpoints FOREIGN KEY(endpoint_id) REFERENCES gateway_endpoints (endpoint_id) ON DELETE CASCADE
);

CREATE TABLE gateway_budget_policies (
    budget_policy_id TEXT NOT NULL, 
    budget_unit TEXT NOT NULL, 
    budget_amount FLOAT NOT NULL, 
    duration_unit TEXT NOT NULL, 
    duration_value INTEGER NOT NULL, 
    target_scope TEXT NOT NULL, 
    target_value TEXT, 
    budget_action TEXT NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    created_by TEXT, 
    updated_by TEXT, 
    CONSTRAINT pk_gateway_budget_policies PRIMARY KEY (budget_policy_id)
);

CREATE TABLE gateway_guardrails (
    guardrail_id TEXT NOT NULL, 
    name TEXT NOT NULL, 
    scorer_id TEXT NOT NULL, 
    scorer_version INTEGER NOT NULL, 
    stage TEXT NOT NULL, 
    action TEXT NOT NULL, 
    action_endpoint_id TEXT, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    created_by TEXT, 
    updated_by TEXT, 
    CONSTRAINT pk_gateway_guardrails PRIMARY KEY (guardrail_id)
);

CREATE TABLE gateway_endpoint_guardrails (
    endpoint_id TEXT NOT NULL, 
    guardrail_id TEXT NOT NULL, 
    execution_order INTEGER, 
    created_at DATETIME NOT NULL, 
    created_by TEXT, 
    CONSTRAINT pk_gateway_endpoint_guardrails PRIMARY KEY (endpoint_id, guardrail_id), 
    CONSTRAINT fk_gateway_endpoint_guardrails_gateway_endpoints FOREIGN KEY(endpoint_id) REFERENCES gateway_endpoints (endpoint_id) ON DELETE CASCADE, 
    CONSTRAINT fk_gateway_endpoint_guardrails_gateway_guardrails FOREIGN KEY(guardrail_id) REFERENCES gateway_guardrails (guardrail_id) ON DELETE CASCADE
);

INSERT INTO alembic_version (version_num) VALUES ('0006_gateway_admin') RETURNING version_num;

CREATE TABLE webhooks (
    webhook_id TEXT NOT NULL, 
    name TEXT NOT NULL, 
    description TEXT DEFAULT '' NOT NULL, 
    url TEXT NOT NULL, 
    secret TEXT, 
    status TEXT NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    deleted_at DATETIME, 
    CONSTRAINT pk_webhooks PRIMARY KEY (webhook_id), 
    CONSTRAINT ck_webhooks_status CHECK (status IN ('ACTIVE', 'DISABLED'))
);

CREATE TABLE webhook_subscriptions (
    webhook_id TEXT NOT NULL, 
    event TEXT NOT NULL, 
    CONSTRAINT pk_webhook_subscriptions PRIMARY KEY (webhook_id, event), 
    CONSTRAINT fk_webhook_subscriptions_webhooks FOREIGN KEY(webhook_id) REFERENCES webhooks (webhook_id) ON DELETE CASCADE
);

CREATE INDEX ix_webhook_subscriptions_event ON webhook_subscriptions (event);

CREATE TABLE webhook_deliveries (
    position INTEGER NOT NULL, 
    delivery_id TEXT NOT NULL, 
    webhook_id TEXT NOT NULL, 
    event_id TEXT NOT NULL, 
    event TEXT NOT NULL, 
    entity_key TEXT NOT NULL, 
    body TEXT NOT NULL, 
    state TEXT NOT NULL, 
    attempts INTEGER DEFAULT '0' NOT NULL, 
    error TEXT DEFAULT '' NOT NULL, 
    not_before DATETIME NOT NULL, 
    claimed_by TEXT DEFAULT '' NOT NULL, 
    lease_expires_at DATETIME, 
    created_at DATETIME NOT NULL, 
    settled_at DATETIME, 
    CONSTRAINT pk_webhook_deliveries PRIMARY KEY (position), 
    CONSTRAINT ck_webhook_deliveries_state CHECK (state IN ('waiting', 'delivered', 'dead')), 
    CONSTRAINT fk_webhook_deliveries_webhooks FOREIGN KEY(webhook_id) REFERENCES webhooks (webhook_id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_webhook_deliveries_delivery_id ON webhook_deliveries (delivery_id);

CREATE INDEX ix_webhook_deliveries_webhook_id_position ON webhook_deliveries (webhook_id, position);

CREATE INDEX ix_webhook_deliveries_waiting ON webhook_deliveries (webhook_id, entity_key, position) WHERE state = 'waiting';

CREATE INDEX ix_webhook_deliveries_settled_at ON webhook_deliveries (settled_at);

CREATE TABLE webhook_attempts (
    delivery_id TEXT NOT NULL, 
    number INTEGER NOT NULL, 
    started_at DATETIME NOT NULL, 
    milliseconds INTEGER NOT NULL, 
    status INTEGER, 
    error TEXT DEFAULT '' NOT NULL, 
    answer TEXT DEFAULT '' NOT NULL, 
    CONSTRAINT pk_webhook_attempts PRIMARY KEY (delivery_id, number), 
    CONSTRAINT fk_webhook_attempts_webhook_deliveries FOREIGN KEY(delivery_id) REFERENCES webhook_deliveries (delivery_id) ON DELETE CASCADE
);

INSERT INTO alembic_version (version_num) VALUES ('0005_webhooks') RETURNING version_num;

CREATE TABLE scorers (
    scorer_id TEXT NOT NULL, 
    experiment_id INTEGER NOT NULL, 
    name TEXT NOT NULL, 
    last_version INTEGER NOT NULL, 
    CONSTRAINT pk_scorers PRIMARY KEY (scorer_id)
);

CREATE UNIQUE INDEX ix_scorers_experiment_id_name ON scorers (experiment_id, name);

CREATE TABLE scorer_versions (
    scorer_id TEXT NOT NULL, 
    version INTEGER NOT NULL, 
    serialized TEXT NOT NULL, 
    creation_time BIGINT NOT NULL, 
    CONSTRAINT pk_scorer_versions PRIMARY KEY (scorer_id, version), 
    CONSTRAINT fk_scorer_versions_scorers FOREIGN KEY(scorer_id) REFERENCES scorers (scorer_id) ON DELETE CASCADE
);

CREATE TABLE online_scoring_configs (
    scorer_id TEXT NOT NULL, 
    config_id TEXT NOT NULL, 
    experiment_id INTEGER NOT NULL, 
    sample_rate DOUBLE NOT NULL, 
    filter TEXT, 
    CONSTRAINT pk_online_scoring_configs PRIMARY KEY (scorer_id), 
    CONSTRAINT fk_online_scoring_configs_scorers FOREIGN KEY(scorer_id) REFERENCES scorers (scorer_id) ON DELETE CASCADE
);

CREATE TABLE evaluation_datasets (
    dataset_id TEXT NOT NULL, 
    name TEXT NOT NULL, 
    schema JSON, 
    digest TEXT NOT NULL, 
    created_time BIGINT NOT NULL, 
    last_update_time BIGINT NOT NULL, 
    created_by TEXT, 
    last_updated_by TEXT, 
    CONSTRAINT pk_evaluation_datasets PRIMARY KEY (dataset_id)
);

CREATE INDEX ix_evaluation_datasets_name ON evaluation_datasets (name);

CREATE TABLE dataset_tags (
    dataset_id TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_dataset_tags PRIMARY KEY (dataset_id, "key"), 
    CONSTRAINT fk_dataset_tags_evaluation_datasets FOREIGN KEY(dataset_id) REFERENCES evaluation_datasets (dataset_id) ON DELETE CASCADE
);

CREATE TABLE dataset_experiments (
    dataset_id TEXT NOT NULL, 
    experiment_id INTEGER NOT NULL, 
    CONSTRAINT pk_dataset_experiments PRIMARY KEY (dataset_id, experiment_id), 
    CONSTRAINT fk_dataset_experiments_evaluation_datasets FOREIGN KEY(dataset_id) REFERENCES evaluation_datasets (dataset_id) ON DELETE CASCADE
);

CREATE INDEX ix_dataset_experiments_experiment_id ON dataset_experiments (experiment_id);

CREATE TABLE dataset_records (
    record_id TEXT NOT NULL, 
    dataset_id TEXT NOT NULL, 
    input_hash TEXT NOT NULL, 
    inputs JSON NOT NULL, 
    said JSON NOT NULL, 
    created_time BIGINT NOT NULL, 
    last_update_time BIGINT NOT NULL, 
    created_by TEXT, 
    last_updated_by TEXT, 
    CONSTRAINT pk_dataset_records PRIMARY KEY (record_id), 
    CONSTRAINT fk_dataset_records_evaluation_datasets FOREIGN KEY(dataset_id) REFERENCES evaluation_datasets (dataset_id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_dataset_records_dataset_id_input_hash ON dataset_records (dataset_id, input_hash);

CREATE TABLE label_schemas (
    schema_id TEXT NOT NULL, 
    experiment_id INTEGER NOT NULL, 
    name TEXT NOT NULL, 
    type TEXT NOT NULL, 
    instruction TEXT, 
    enable_comment BOOLEAN NOT NULL, 
    input JSON NOT NULL, 
    is_default BOOLEAN NOT NULL, 
    created_by TEXT, 
    created_at BIGINT NOT NULL, 
    last_updated_at BIGINT NOT NULL, 
    CONSTRAINT pk_label_schemas PRIMARY KEY (schema_id)
);

CREATE UNIQUE INDEX ix_label_schemas_experiment_id_name ON label_schemas (experiment_id, name);

CREATE TABLE review_queues (
    queue_id TEXT NOT NULL, 
    experiment_id INTEGER NOT NULL, 
    name TEXT NOT NULL, 
    name_key TEXT NOT NULL, 
    queue_type TEXT NOT NULL, 
    created_by TEXT, 
    users JSON NOT NULL, 
    schema_ids JSON NOT NULL, 
    creation_time BIGINT NOT NULL, 
    last_update_time BIGINT NOT NULL, 
    CONSTRAINT pk_review_queues PRIMARY KEY (queue_id)
);

CREATE UNIQUE INDEX ix_review_queues_experiment_id_name_key ON review_queues (experiment_id, name_key);

CREATE TABLE review_queue_items (
    queue_id TEXT NOT NULL, 
    item_id TEXT NOT NULL, 
    item_type TEXT NOT NULL, 
    status TEXT NOT NULL, 
    completed_by TEXT, 
    completed_time BIGINT, 
    creation_time BIGINT NOT NULL, 
    last_update_time BIGINT NOT NULL, 
    CONSTRAINT pk_review_queue_items PRIMARY KEY (queue_id, item_id), 
    CONSTRAINT fk_review_queue_items_review_queues FOREIGN KEY(queue_id) REFERENCES review_queues (queue_id) ON DELETE CASCADE
);

CREATE INDEX ix_review_queue_items_item_id ON review_queue_items (item_id);

CREATE TABLE issues (
    issue_id TEXT NOT NULL, 
    experiment_id INTEGER NOT NULL, 
    name TEXT NOT NULL, 
    description TEXT NOT NULL, 
    status TEXT NOT NULL, 
    severity TEXT, 
    root_causes JSON NOT NULL, 
    categories JSON NOT NULL, 
    details JSON NOT NULL, 
    source_run_id TEXT, 
    created_by TEXT, 
    last_updated_by TEXT, 
    created_time BIGINT NOT NULL, 
    last_update_time BIGINT NOT NULL, 
    last_seen_time BIGINT, 
    CONSTRAINT pk_issues PRIMARY KEY (issue_id)
);

CREATE INDEX ix_issues_experiment_id ON issues (experiment_id);

INSERT INTO alembic_version (version_num) VALUES ('0004_genai') RETURNING version_num;

CREATE TABLE registered_models (
    name TEXT NOT NULL, 
    kind TEXT NOT NULL, 
    description TEXT DEFAULT '' NOT NULL, 
    last_version INTEGER DEFAULT '0' NOT NULL, 
    created_by TEXT DEFAULT '' NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_registered_models PRIMARY KEY (name), 
    CONSTRAINT ck_registered_models_kind CHECK (kind IN ('model', 'prompt'))
);

CREATE TABLE model_versions (
    name TEXT NOT NULL, 
    version INTEGER NOT NULL, 
    stage TEXT DEFAULT 'None' NOT NULL, 
    description TEXT DEFAULT '' NOT NULL, 
    source TEXT DEFAULT '' NOT NULL, 
    storage_location TEXT DEFAULT '' NOT NULL, 
    run_id TEXT DEFAULT '' NOT NULL, 
    run_link TEXT DEFAULT '' NOT NULL, 
    model_id TEXT DEFAULT '' NOT NULL, 
    created_by TEXT DEFAULT '' NOT NULL, 
    created_at DATETIME NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_model_versions PRIMARY KEY (name, version), 
    CONSTRAINT ck_model_versions_version CHECK (version > 0), 
    CONSTRAINT ck_model_versions_stage CHECK (stage IN ('None', 'Staging', 'Production', 'Archived')), 
    CONSTRAINT fk_model_versions_registered_models FOREIGN KEY(name) REFERENCES registered_models (name) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE INDEX ix_model_versions_run_id ON model_versions (run_id);

CREATE INDEX ix_model_versions_model_id ON model_versions (model_id);

CREATE TABLE prompt_texts (
    name TEXT NOT NULL, 
    version INTEGER NOT NULL, 
    kind TEXT NOT NULL, 
    template TEXT NOT NULL, 
    variables JSON NOT NULL, 
    config JSON DEFAULT '{}' NOT NULL, 
    CONSTRAINT pk_prompt_texts PRIMARY KEY (name, version), 
    CONSTRAINT ck_prompt_texts_kind CHECK (kind IN ('text', 'chat')), 
    CONSTRAINT fk_prompt_texts_model_versions FOREIGN KEY(name, version) REFERENCES model_versions (name, version) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE registered_model_aliases (
    name TEXT NOT NULL, 
    alias TEXT NOT NULL, 
    version INTEGER NOT NULL, 
    updated_at DATETIME NOT NULL, 
    CONSTRAINT pk_registered_model_aliases PRIMARY KEY (name, alias), 
    CONSTRAINT fk_registered_model_aliases_model_versions FOREIGN KEY(name, version) REFERENCES model_versions (name, version) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE registered_model_tags (
    name TEXT NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_registered_model_tags PRIMARY KEY (name, "key"), 
    CONSTRAINT fk_registered_model_tags_registered_models FOREIGN KEY(name) REFERENCES registered_models (name) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE model_version_tags (
    name TEXT NOT NULL, 
    version INTEGER NOT NULL, 
    "key" TEXT NOT NULL, 
    value TEXT NOT NULL, 
    CONSTRAINT pk_model_version_tags PRIMARY KEY (name, version, "key"), 
    CONSTRAINT fk_model_version_tags_model_versions FOREIGN KEY(name, version) REFERENCES model_versions (name, version) ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE registry_moves (
    id INTEGER NOT NULL, 
    at DATETIME NOT NULL, 
    kind TEXT NOT NULL, 
    name TEXT NOT NULL, 
    field TEXT NOT NULL, 
    alias TEXT DEFAULT '' NOT NULL, 
    version INTEGER NOT NULL, 
    "before" TEXT DEFAULT '' NOT NULL, 
    "after" TEXT DEFAULT '' NOT NULL, 
    actor TEXT DEFAULT '' NOT NULL, 
    reason TEXT DEFAULT '' NOT NULL, 
    refusal TEXT DEFAULT '' NOT NULL, 
    CONSTRAINT pk_registry_moves PRIMARY KEY (id), 
    CONSTRAINT ck_registry_moves_field CHECK (field IN ('alias', 'stage'))
);

CREATE INDEX ix_registry_moves_name_id ON registry_moves (name, id);

INSERT INTO registered_models (name, kind, description, last_version, created_at, updated_at)
       SELECT name, 'prompt', description,
              coalesce((SELECT max(version) FROM prompt_versions WHERE prompt_versions.name = prompts.name), 0), created_at, updated_at
       FROM prompts;

INSERT INTO model_versions (name, version, description, source, created_by, created_at, updated_at)
       SELECT name, version, commit_message, 'prompt-template', created_by, created_at, created_at FROM prompt_versions;

INSERT INTO prompt_texts (name, version, kind, template, variables, config)
       SELECT name, version, kind, template, variables, config FROM prompt_versions;

INSERT INTO registered_model_aliases (name, alias, version, updated_at) SELECT name, alias, version, updated_at FROM prompt_aliases;

INSERT INTO registered_model_tags (name, key, value) SELECT name, key, value FROM prompt_tags;

INSERT INTO model_version_tags (name, version, key, value) SELECT name, version, key, value FROM prompt_version_tags;

DROP TABLE prompt_version_tags;

DROP TABLE prompt_tags;

DROP TABLE prompt_aliases;

DROP TABLE prompt_versions;

DROP TABLE prompts;

INSERT INTO alembic_version (version_num) VALUES ('0003_models') RETURNING version_num;

