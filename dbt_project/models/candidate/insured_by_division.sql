-- One row per county division, sex and insurance status: how many living persons the population base holds there.
{{ config(tags=['needs_population']) }}
select
  county_division_code as division_code,
  sex,
  insurance_status,
  count(*) as "count"
from {{ ref('person') }}
where insurance_status is not null and county_division_code is not null and sex is not null and date_of_death is null
group by 1, 2, 3
