{#- Completed years between a date and the day of the run, without an engine's own date arithmetic. -#}
{% macro completed_years(born) -%}
(
  cast(substr('{{ var("as_of_date") }}', 1, 4) as integer) - cast(extract(year from {{ born }}) as integer)
  - case
      when cast(extract(month from {{ born }}) as integer) * 100 + cast(extract(day from {{ born }}) as integer)
        > {{ var("as_of_date")[5:7] | int }} * 100 + {{ var("as_of_date")[8:10] | int }} then 1
      else 0
    end
)
{%- endmacro %}
