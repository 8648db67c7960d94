{{ config(tags=['base_e_certificate']) }}
{{ survivors('certificate') }}
