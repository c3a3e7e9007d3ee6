"""Tells people what happened to their leads, and the CRM what happened to all."""

from services.routing.gateway.calendars import Calendars
from services.routing.gateway.chat import Chat
from services.routing.gateway.crm import Crm
from services.routing.gateway.mail import Mailer
from services.routing.gateway.telling import Doors, Telling

__all__ = ["Calendars", "Chat", "Crm", "Doors", "Mailer", "Telling"]
