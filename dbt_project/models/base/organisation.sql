{{ config(tags=['base_organisation']) }}
{{ survivors('organisation') }}
