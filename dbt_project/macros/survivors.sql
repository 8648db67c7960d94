{#-
One row per subject: for each attribute the value of its one source within the subject's scope, with the agency,
delivery and row it came from. A comparison value is shown, as provisional, only where the register allows it, the
source is silent, and the comparisons agree. Nothing is chosen by recency between agencies (Yancheng a11: 一数一源).
Within one resource the newest delivery, then the last row, speaks for a subject. Where a value came from travels as one
text through the aggregate, so that agency, delivery and row are always those of one row.
-#}
{% macro survivors(entity) %}
{%- set attributes = entity_attributes(entity) -%}
with roles as (
  select
    resource_id,
    scope
    {%- for attribute in attributes %},
    max(case when attribute = '{{ attribute }}' then role end) as {{ attribute }}__role
    {%- endfor %}
  from {{ source('register', 'roles') }}
  where entity = '{{ entity }}'
  group by resource_id, scope
),
ranked as (
  select
    c.*,
    c._agency_id || '|' || c._delivery_id || '|' || cast(c._row_number as varchar) as _place,
    row_number() over (
      partition by c._subject_key, c._resource_id
      order by c._order_key desc nulls last, c._row_number desc nulls last
    ) as _rank
  from {{ source('claims', entity) }} as c
  where c._subject_key is not null
),
spoken as (
  select
    l.*
    {%- for attribute in attributes %},
    r.{{ attribute }}__role
    {%- endfor %}
  from ranked as l
  left join roles as r on r.resource_id = l._resource_id and r.scope = l._scope
  where l._rank = 1
),
picked as (
  select
    _subject_key
    {%- for attribute in attributes %},
    {{ picked_attribute(attribute) }}
    {%- endfor %}
  from spoken
  group by _subject_key
),
settled as (
  select
    _subject_key as {{ entity }}_key
    {%- for attribute in attributes %},
    {{ settled_attribute(attribute) }}
    {%- endfor %}
  from picked
)
select
  settled.*,
  substr({{ entity_division(entity) }}, 1, 6) as county_division_code,
  substr({{ entity_division(entity) }}, 1, 4) || '00' as city_division_code
from settled
where {% for attribute in entity_identifier(entity) -%}
  {{ attribute }} is not null{{ ' and ' if not loop.last }}
{%- endfor %}
{% endmacro %}

{% macro picked_attribute(attribute) -%}
    max(case when {{ attribute }}__role = 'source' then {{ attribute }} end) as s_{{ attribute }},
    max(case when {{ attribute }}__role = 'source' and {{ attribute }} is not null then _place end) as s_{{ attribute }}_place,
    min(case when {{ attribute }}__role = 'provisional' then {{ attribute }} end) as p_{{ attribute }},
    max(case when {{ attribute }}__role = 'provisional' then {{ attribute }} end) as q_{{ attribute }},
    max(case when {{ attribute }}__role = 'provisional' and {{ attribute }} is not null then _place end) as p_{{ attribute }}_place
{%- endmacro %}

{% macro settled_attribute(attribute) -%}
    {%- set place -%}
    case when s_{{ attribute }} is not null then s_{{ attribute }}_place
         when p_{{ attribute }} = q_{{ attribute }} then p_{{ attribute }}_place end
    {%- endset -%}
    case when s_{{ attribute }} is not null then s_{{ attribute }}
         when p_{{ attribute }} = q_{{ attribute }} then p_{{ attribute }} end as {{ attribute }},
    split_part({{ place }}, '|', 1) as {{ attribute }}__agency_id,
    split_part({{ place }}, '|', 2) as {{ attribute }}__delivery_id,
    cast(split_part({{ place }}, '|', 3) as bigint) as {{ attribute }}__row_number,
    (s_{{ attribute }} is null and p_{{ attribute }} is not null and p_{{ attribute }} = q_{{ attribute }}) as {{ attribute }}__is_provisional
{%- endmacro %}
