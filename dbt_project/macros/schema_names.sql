{#- A model's schema is its folder's name as it stands: `base.person`, never `<target>_base.person`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name if custom_schema_name is not none else target.schema }}
{%- endmacro %}
