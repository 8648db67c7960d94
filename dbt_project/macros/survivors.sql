{#-
One row per subject: for each attribute the value of its one source within the subject's scope, with the agency,
delivery and row it came from. A comparison value is shown, as provisional, only where the register allows it, the
source is silent, and the comparisons agree. Nothing is chosen by recency between agencies (Yancheng a11: 一数一源).
Within one resource the newest delivery, then the last row, speaks for a subject.
-#}
{% macro survivors(entity) %}
{%- set attributes = entity_attributes(entity) -%}
with ranked as (
  select
    c.*,
    row_number() over (
      partition by c._subject_key, c._resource_id
      order by c._order_key desc nulls last, c._row_number desc nulls last
    ) as _rank
  from {{ source('claims', entity) }} as c
  where c._subject_key is not null
),
latest as (
  select * from ranked where _rank = 1
),
spoken as (
  select
    l.*
    {%- for attribute in attributes %},
    r_{{ attribute }}.role as {{ attribute }}__role
    {%- endfor %}
  from latest as l
  {%- for attribute in attributes %}
  left join {{ source('register', 'roles') }} as r_{{ attribute }}
    on r_{{ attribute }}.entity = '{{ entity }}'
    and r_{{ attribute }}.attribute = '{{ attribute }}'
    and r_{{ attribute }}.resource_id = l._resource_id
    and r_{{ attribute }}.scope = l._scope
  {%- endfor %}
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
    {%- for part in ['_agency_id', '_delivery_id', '_row_number'] %}
    max(case when {{ attribute }}__role = 'source' and {{ attribute }} is not null then {{ part }} end) as s_{{ attribute }}_{{ part }},
    max(case when {{ attribute }}__role = 'provisional' and {{ attribute }} is not null then {{ part }} end) as p_{{ attribute }}_{{ part }},
    {%- endfor %}
    min(case when {{ attribute }}__role = 'provisional' then {{ attribute }} end) as p_{{ attribute }},
    max(case when {{ attribute }}__role = 'provisional' then {{ attribute }} end) as q_{{ attribute }}
{%- endmacro %}

{% macro settled_attribute(attribute) -%}
    case when s_{{ attribute }} is not null then s_{{ attribute }}
         when p_{{ attribute }} = q_{{ attribute }} then p_{{ attribute }} end as {{ attribute }},
    {%- for part in ['_agency_id', '_delivery_id', '_row_number'] %}
    case when s_{{ attribute }} is not null then s_{{ attribute }}_{{ part }}
         when p_{{ attribute }} = q_{{ attribute }} then p_{{ attribute }}_{{ part }} end as {{ attribute }}_{{ part }},
    {%- endfor %}
    (s_{{ attribute }} is null and p_{{ attribute }} is not null and p_{{ attribute }} = q_{{ attribute }}) as {{ attribute }}__is_provisional
{%- endmacro %}
