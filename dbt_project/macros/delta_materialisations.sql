{#-
The embedded engine computes with DuckDB and commits with delta-rs: a model's query becomes a temporary view, the
plugin streams it into the lake's table (after its columns were held against the model's contract, where it has one;
an unchanged model's query is never run), and a view over that table stands for the model from then on. Models keep
the standard materialisations, so another engine with its own Delta writer can build the same tables.
-#}
{% materialization table, adapter='duckdb' %}
  {{ return(civiclake_delta_table()) }}
{% endmaterialization %}

{% materialization incremental, adapter='duckdb' %}
  {{ return(civiclake_delta_table()) }}
{% endmaterialization %}

{% macro civiclake_delta_table() %}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set staged = model.schema ~ '__' ~ model.alias ~ '__staged' -%}

  {{ run_hooks(pre_hooks) }}
  {% call statement('main', language='sql') -%}
    create or replace view memory.main.{{ staged }} as {{ sql }}
  {%- endcall %}
  {%- do adapter.commit() -%}
  {%- if config.get('contract').enforced -%}
    {%- do get_assert_columns_equivalent('select * from memory.main.' ~ staged) -%}
  {%- endif -%}
  {%- do adapter.store_relation('lake', target_relation, [], '', 'delta',
      {'staged': 'memory.main.' ~ staged, 'checksum': local_md5(sql), 'model': model.name,
       'unique_key': config.get('unique_key') or [], 'subject': (config.get('meta') or {}).get('subject'),
       'compiled': 'target/compiled/' ~ model.package_name ~ '/' ~ model.original_file_path}) -%}
  {{ run_hooks(post_hooks) }}
  {%- do adapter.commit() -%}
  {{ return({'relations': [target_relation]}) }}
{% endmacro %}
