-- One row per registered market entity, from the agency's own entry; rows without a valid credit code stay out.
select
  credit_code,
  entity_name,
  entity_kind,
  registered_capital_cny,
  established_on,
  deregistered_on,
  status,
  registrar_division_code,
  business_scope,
  address,
  approved_on
from {{ source('standard', 'market_regulation__market_entity_registration') }}
where credit_code is not null
