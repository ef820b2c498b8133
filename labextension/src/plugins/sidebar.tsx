/** The left sidebar: a row of tabs over the sections that other plugins add. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ReactWidget } from '@jupyterlab/ui-components';
import { type Message } from '@lumino/messaging';
import { type ISignal, Signal } from '@lumino/signaling';
import { Panel, PanelLayout, Widget } from '@lumino/widgets';
import * as React from 'react';

import { Tabs } from '../components/common/Tabs';
import { useModel } from '../components/common/useModel';
import { nbtrackIcon } from '../icons';
import { StateModel } from '../model/state';
import { INbtrackSidebar, type ISidebarTab } from '../tokens';

class TabsModel extends StateModel<{ tabs: readonly ISidebarTab[]; current: string }> {
  constructor() {
    super({ tabs: [], current: '' });
  }

  add(tab: ISidebarTab): void {
    const tabs = [...this.state.tabs, tab].sort((a, b) => a.rank - b.rank);
    // Until someone chose, the first section is shown, whichever plugin came first.
    const current = this._chosen ? this.state.current : (tabs[0]?.id ?? '');
    this.update({ tabs, current });
  }

  select(id: string): void {
    this._chosen = true;
    this.update({ current: id });
  }

  private _chosen = false;
}

function SidebarTabs({ model }: { model: TabsModel }): JSX.Element {
  const { tabs, current } = useModel(model);
  return (
    <Tabs
      tabs={tabs}
      current={current}
      label="nbtrack"
      onSelect={id => model.select(id)}
    />
  );
}

class SidebarWidget extends Widget {
  constructor(readonly model: TabsModel) {
    super();
    this.id = 'nbtrack-sidebar';
    this.addClass('nbt-sidebar');
    this.title.icon = nbtrackIcon;
    this.title.caption = 'nbtrack: runs and history';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'nbtrack');
    const tabs = ReactWidget.create(<SidebarTabs model={model} />);
    tabs.addClass('nbt-sidebar-tabs');
    this._stack.addClass('nbt-sidebar-stack');
    const layout = new PanelLayout();
    layout.addWidget(tabs);
    layout.addWidget(this._stack);
    this.layout = layout;
    model.changed.connect(this.showCurrent, this);
  }

  get visibilityChanged(): ISignal<this, boolean> {
    return this._visibilityChanged;
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._visibilityChanged.emit(true);
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this._visibilityChanged.emit(false);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    const { tabs, current } = this.model.state;
    tabs.find(tab => tab.id === current)?.widget.activate();
  }

  private showCurrent(): void {
    const { tabs, current } = this.model.state;
    for (const { id, label, widget } of tabs) {
      if (!widget.parent) {
        widget.node.setAttribute('role', 'tabpanel');
        widget.node.setAttribute('aria-label', label);
        this._stack.addWidget(widget);
      }
      widget.setHidden(id !== current);
    }
  }

  private _stack = new Panel();
  private _visibilityChanged = new Signal<this, boolean>(this);
}

class Sidebar implements INbtrackSidebar {
  constructor(
    private readonly shell: JupyterFrontEnd.IShell,
    private readonly widget: SidebarWidget
  ) {
    const emit = () => this._visibleTabChanged.emit(this.visibleTab);
    widget.model.changed.connect(emit);
    widget.visibilityChanged.connect(emit);
  }

  get visibleTab(): string | null {
    return this.widget.isVisible ? this.widget.model.state.current : null;
  }

  get visibleTabChanged(): ISignal<this, string | null> {
    return this._visibleTabChanged;
  }

  addTab(tab: ISidebarTab): void {
    this.widget.model.add(tab);
  }

  open(tabId: string): void {
    this.widget.model.select(tabId);
    this.shell.activateById(this.widget.id);
  }

  private _visibleTabChanged = new Signal<this, string | null>(this);
}

export const sidebarPlugin: JupyterFrontEndPlugin<INbtrackSidebar> = {
  id: 'nbtrack:sidebar',
  description: 'Adds the nbtrack sidebar.',
  autoStart: true,
  provides: INbtrackSidebar,
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, restorer: ILayoutRestorer | null) => {
    const widget = new SidebarWidget(new TabsModel());
    app.shell.add(widget, 'left', { rank: 450, type: 'nbtrack' });
    restorer?.add(widget, widget.id);
    return new Sidebar(app.shell, widget);
  }
};
