"""A notification server that writes each message it is sent as a line of JSON.

Usage: notification-server.py normal|hang|error FILE
Prints `ready` once it owns org.freedesktop.Notifications on the bus named by DBUS_SESSION_BUS_ADDRESS.
The interface is the one of the Desktop Notifications Specification, version 1.2.
"""

import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"


class NotificationServer(dbus.service.Object):
    def __init__(self, bus_name, mode, file):
        super().__init__(bus_name, PATH)
        self.mode = mode
        self.file = file
        self.shown = 0

    @dbus.service.method(NAME, in_signature="", out_signature="as")
    def GetCapabilities(self):
        return ["body", "body-markup", "persistence"]

    @dbus.service.method(NAME, in_signature="", out_signature="ssss")
    def GetServerInformation(self):
        return "recorder", "autosync", "1", "1.2"

    @dbus.service.method(NAME, in_signature="u", out_signature="")
    def CloseNotification(self, _id):
        pass

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u", async_callbacks=("answer", "refuse"))
    def Notify(self, app, _replaces, icon, title, body, actions, _hints, expires, answer, refuse):
        if self.mode == "error":
            refuse(dbus.DBusException("the recorder takes nothing", name=NAME + ".Refused"))
            return
        message = {"app": app, "icon": icon, "title": title, "body": body, "actions": actions, "expires": expires}
        self.file.write(json.dumps(message) + "\n")
        self.file.flush()
        self.shown += 1
        if self.mode == "normal":
            answer(self.shown)


def main():
    mode, path = sys.argv[1:]
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus_name = dbus.service.BusName(NAME, dbus.SessionBus(), do_not_queue=True)
    with open(path, "a", encoding="utf-8") as file:
        server = NotificationServer(bus_name, mode, file)
        print("ready", flush=True)
        GLib.MainLoop().run()
        del server


main()
