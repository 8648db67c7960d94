-- One row per county division, sex and ten-year age band: how many living persons the population base holds there.
{{ config(tags=['needs_population']) }}
with aged as (
  select
    county_division_code as division_code,
    sex,
    {{ completed_years('date_of_birth') }} as age_years
  from {{ ref('person') }}
  where date_of_birth is not null and county_division_code is not null and sex is not null and date_of_death is null
)
select
  division_code,
  sex,
  case
    when age_years >= 90 then '90+'
    else cast(age_years - age_years % 10 as varchar) || '-' || cast(age_years - age_years % 10 + 9 as varchar)
  end as age_band,
  count(*) as "count"
from aged
where age_years >= 0
group by 1, 2, 3
