{#- The attributes of each entity; a test compares this list with the platform's own. -#}
{% macro entity_attributes(entity) %}
  {%- set attributes = {
    'person': [
      'citizen_id', 'name', 'sex', 'date_of_birth', 'date_of_death',
      'nationality_code', 'registered_address', 'registered_division_code', 'residence_address', 'residence_permit_no',
      'birth_certificate_no', 'marital_status', 'insurance_status', 'employer_credit_code', 'housing_fund_status',
      'phone',
    ],
    'organisation': [
      'credit_code', 'name', 'legal_form', 'status', 'legal_representative_name',
      'legal_representative_id', 'registered_capital_cny', 'established_on', 'deregistered_on', 'registered_address',
      'registrar_division_code', 'business_scope', 'industry_code', 'insured_count', 'phone',
    ],
    'place': [
      'place_kind', 'place_id', 'name', 'division_code', 'level',
      'valid_from', 'valid_to', 'successor_codes', 'longitude', 'latitude',
      'coordinate_system', 'geometry_geojson', 'area_m2', 'use_code', 'holder_credit_code',
    ],
    'certificate': [
      'certificate_type', 'certificate_no', 'certificate_identifier', 'holder_identifier', 'holder_name',
      'issued_by', 'issuer_division_code', 'issued_on', 'valid_to', 'status',
    ],
    'credit_record': [
      'record_kind', 'document_no', 'subject_identifier', 'subject_name', 'ground',
      'decided_by', 'issuer_division_code', 'decided_on', 'amount_cny',
    ],
    'indicator': [
      'indicator_code', 'period', 'division_code', 'value', 'unit',
    ],
  } -%}
  {{ return(attributes[entity]) }}
{% endmacro %}

{% macro entity_identifier(entity) %}
  {{ return({
    'person': ['citizen_id'],
    'organisation': ['credit_code'],
    'place': ['place_kind', 'place_id'],
    'certificate': ['certificate_type', 'certificate_no', 'holder_identifier'],
    'credit_record': ['record_kind', 'document_no'],
    'indicator': ['indicator_code', 'period', 'division_code'],
  }[entity]) }}
{% endmacro %}

{% macro entity_division(entity) %}
  {{ return({
    'person': 'registered_division_code',
    'organisation': 'registrar_division_code',
    'place': 'division_code',
    'certificate': 'issuer_division_code',
    'credit_record': 'issuer_division_code',
    'indicator': 'division_code',
  }[entity]) }}
{% endmacro %}
