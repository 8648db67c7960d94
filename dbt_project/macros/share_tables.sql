{#-
One row per subject (or per row of a resource) that a grant class may see: its columns and rows, nothing else, and
whether an open case is about what is shown. A served table also carries the keyed hash it is found by and each
value's agency; a copied one has neither. `feeding` names the columns of resources that the shown values come from.
-#}
{% macro share_of_base(entity, columns, prefixes, feeding, served) %}
with under_verification as (
  select
    c._subject_key as subject_key,
    {{ ordered_list('o.case_id') }} as case_ids
  from {{ source('decisions', 'open_rows') }} as o
  inner join {{ source('claims', entity) }} as c
    on c._resource_id = o.resource_id and c._delivery_id = o.delivery_id and c._row_number = o.row_number
  where c._subject_key is not null
    and o.resource_id || '.' || o."column" in ({{ text_list(feeding) }})
  group by c._subject_key
)
select
  {%- if served %}
  b.{{ entity }}_key as _subject_key,
  {%- endif %}
  {%- for column in columns %}
  b."{{ column }}",
  {%- if served %}
  b."{{ column }}__agency_id",
  {%- endif %}
  {%- endfor %}
  v.case_ids is not null as under_verification,
  v.case_ids as verification_cases
from {{ source('base', entity) }} as b
left join under_verification as v on v.subject_key = b.{{ entity }}_key
{{ answered_by('b.' ~ entity_division(entity), prefixes) }}
{% endmacro %}

{% macro share_of_resource(resource_id, table, key_column, division_column, columns, prefixes, feeding, served) %}
with under_verification as (
  select
    o.delivery_id,
    o.row_number,
    {{ ordered_list('o.case_id') }} as case_ids
  from {{ source('decisions', 'open_rows') }} as o
  where o.resource_id = '{{ resource_id }}'
    and o.resource_id || '.' || o."column" in ({{ text_list(feeding) }})
  group by o.delivery_id, o.row_number
)
select
  {%- if served %}
  s."{{ key_column }}" as _subject_key,
  {%- endif %}
  {%- for column in columns %}
  s."{{ column }}",
  {%- endfor %}
  v.case_ids is not null as under_verification,
  v.case_ids as verification_cases
from {{ source('standard', table) }} as s
left join under_verification as v on v.delivery_id = s._delivery_id and v.row_number = s._row_number
{{ answered_by('s."' ~ division_column ~ '"', prefixes) }}
{% endmacro %}

{#- Rows of the named divisions: a code's own digits begin the codes of all divisions below it (GB/T 2260). -#}
{% macro answered_by(column, prefixes) %}
{%- if prefixes %}
where {% for prefix in prefixes %}substr({{ column }}, 1, {{ prefix | length }}) = '{{ prefix }}'{{ ' or ' if not loop.last }}{% endfor %}
{%- endif %}
{% endmacro %}

{% macro text_list(texts) -%}
{% for text in texts %}'{{ text }}'{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}

{% macro ordered_list(expression) -%}
  {{ return(adapter.dispatch('ordered_list')(expression)) }}
{%- endmacro %}

{% macro default__ordered_list(expression) -%}
string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}
