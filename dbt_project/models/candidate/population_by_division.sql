-- One row per county division, sex and ten-year age band: how many living persons the population base holds there.
{{ config(tags=['needs_population']) }}
with aged as (
  select
    county_division_code,
    sex,
    cast(substr('{{ var("as_of_date") }}', 1, 4) as integer) - cast(extract(year from date_of_birth) as integer) as age_years
  from {{ ref('person') }}
  where date_of_birth is not null and county_division_code is not null and sex is not null and date_of_death is null
)
select
  county_division_code,
  sex,
  age_years - age_years % 10 as age_band_from,
  count(*) as persons
from aged
group by county_division_code, sex, age_years - age_years % 10
