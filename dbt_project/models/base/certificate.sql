{{ config(tags=['base_e_certificate'], meta={'subject': 'certificate'}) }}
{{ survivors('certificate') }}
